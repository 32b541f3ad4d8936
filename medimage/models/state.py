"""A network's weights as safetensors bytes."""

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor, nn

from medimage.errors import WeightsError
from medimage.models.key_mismatch import describe_mismatch


def copy_state(network: nn.Module) -> dict[str, Tensor]:
    """Returns a copy of all parameters and buffers, on the CPU."""
    return {key: value.detach().to("cpu", copy=True).contiguous() for key, value in network.state_dict().items()}


def pack_state(state: dict[str, Tensor]) -> bytes:
    """Returns weights, as `copy_state` gives them, as safetensors bytes."""
    return safetensors.torch.save(state)


def unpack_state(weights: bytes, *, into: nn.Module) -> None:
    """Loads safetensors bytes into a network that has exactly these parameters and buffers.

    Args:
        weights: What `pack_state` gave.
        into: Network to load into.

    Raises:
        WeightsError: If the bytes are damaged or belong to another network.
    """
    try:
        state = safetensors.torch.load(weights)
    except SafetensorError as error:
        raise WeightsError(
            f"The trained model's weights ({len(weights):,} bytes) are not valid safetensors: {error}. "
            "The stored model is damaged; train it again or restore it from a copy."
        ) from error
    mismatch = describe_mismatch(expected=into.state_dict(), found=state)
    if mismatch is not None:
        raise WeightsError(f"The trained model's weights do not belong to its specification: {mismatch}")
    into.load_state_dict(state, strict=True)
