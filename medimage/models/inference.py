"""Logits of many images."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from medimage.models.device import Precision, mixed_precision
from medimage.models.network import Network


def predict_logits(
    network: Network,
    pixels: NDArray[np.uint8],
    *,
    batch_size: int,
    device: torch.device,
    precision: Precision = "fp32",
    progress: Callable[[int, int], None] | None = None,
) -> NDArray[np.float32]:
    """Runs a network over images, batch by batch, in evaluation mode.

    Args:
        network: Network; moved to `device`, and left there in the mode it was in.
        pixels: uint8 [images, height, width, channels]; may be memory-mapped.
        batch_size: Images per batch, at least 1.
        device: Device to compute on.
        precision: Arithmetic of the forward pass; fp32 is what an exported model is compared with.
        progress: Called after each batch with the number of images done and in total.

    Returns:
        float32 [images, classes].

    Raises:
        ValueError: If the pixels do not have the type or shape the network takes.
    """
    spec = network.spec
    expected = (spec.input_size, spec.input_size, spec.channels)
    if pixels.dtype != np.uint8 or pixels.shape[1:] != expected:
        raise ValueError(
            f"Expected uint8 pixels [images, {', '.join(map(str, expected))}] but got {pixels.dtype} "
            f"{list(pixels.shape)}"
        )
    if batch_size < 1:
        raise ValueError(f"Expected batch_size of at least 1 but got {batch_size}")
    logits = np.empty((len(pixels), len(spec.classes)), dtype=np.float32)
    was_training = network.training
    network.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    network.eval()
    try:
        with torch.inference_mode(), mixed_precision(precision, device=device):
            for start in range(0, len(pixels), batch_size):
                # A copy, because PyTorch refuses to promise not to write to a read-only memory map.
                batch = torch.from_numpy(np.array(pixels[start : start + batch_size])).to(device)
                logits[start : start + len(batch)] = network(batch).cpu().numpy()
                if progress is not None:
                    progress(start + len(batch), len(pixels))
    finally:
        network.train(was_training)
    return logits
