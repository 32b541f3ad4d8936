"""Which part of a network's state training changes."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn


def changing_keys(network: nn.Module) -> frozenset[str]:
    """Returns the names of all parameters and buffers, but for those of modules of which nothing is trained.

    `Network.train` keeps such modules in evaluation mode, so their running statistics stay as well.

    Args:
        network: Network, with what is not to be trained frozen.
    """
    frozen = tuple(
        f"{name}."
        for name, module in network.named_modules()
        if name and (parameters := list(module.parameters())) and not any(each.requires_grad for each in parameters)
    )
    return frozenset(key for key in network.state_dict() if not key.startswith(frozen))


def copy_entries(network: nn.Module, keys: frozenset[str]) -> dict[str, Tensor]:
    """Returns a copy of some entries of a network's state, on the CPU."""
    state = network.state_dict()
    return {key: copy_to_host(state[key]) for key in state if key in keys}


@torch.no_grad()
def restore_entries(network: nn.Module, entries: Mapping[str, Tensor]) -> None:
    """Writes entries that `copy_entries` gave back into the network's tensors, which keep device and memory layout.

    Raises:
        ValueError: If the network has no such entry, or one of another shape.
    """
    state = network.state_dict()
    for key, value in entries.items():
        if key not in state or state[key].shape != value.shape:
            raise ValueError(f"the network has no {key} of shape {list(value.shape)}")
        state[key].copy_(value)


def copy_to_host(value: Tensor) -> Tensor:
    """Returns a copy of a tensor on the CPU, in the order of its dimensions."""
    return value.detach().to("cpu", copy=True).contiguous()
