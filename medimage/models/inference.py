"""Logits of many images."""

import numpy as np
import torch
from numpy.typing import NDArray

from medimage.data.pixel_rows import Pixels
from medimage.models.device import Precision, exact_float32, mixed_precision
from medimage.models.network import Network
from medimage.progress import track


def predict_logits(
    network: Network,
    pixels: Pixels,
    *,
    batch_size: int,
    device: torch.device,
    precision: Precision = "fp32",
    description: str = "Predicting images",
) -> NDArray[np.float32]:
    """Runs a network over images, batch by batch, in evaluation mode.

    Args:
        network: Network; moved to `device`, and left there in the mode it was in.
        pixels: uint8 [images, height, width, channels]; may be memory-mapped.
        batch_size: Images per batch, at least 1.
        device: Device to compute on.
        precision: Arithmetic of the forward pass; fp32, without TF32, is what an exported model is compared with.
        description: What the progress bar says; it counts batches.

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
        with torch.inference_mode(), exact_float32(), mixed_precision(precision, device=device):
            starts = range(0, len(pixels), batch_size)
            for start in track(starts, description=description, total=len(starts)):
                # A copy, because PyTorch refuses to promise not to write to a read-only memory map.
                batch = torch.from_numpy(np.array(pixels[start : start + batch_size])).to(device)
                logits[start : start + len(batch)] = network(batch).cpu().numpy()
    finally:
        network.train(was_training)
    return logits
