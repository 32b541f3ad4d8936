"""Inputs that are held in an accelerator's memory from the first batch to the last."""

from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from medimage.data.pixel_rows import Pixels

RESIDENT_SHARE: Final = 0.25
"""Share of the memory that is free when a stage begins that its images may take, the rest being for the network.

100,000 gray images of 224 px are 5 GB. Training and validation images are each measured by what is free then.
"""

_CHUNK_BYTES: Final = 64 * 2**20


def hold_on_device(
    inputs: Pixels | NDArray[np.float32], *, device: torch.device, free_bytes: int | None = None
) -> Tensor | None:
    """Copies inputs to an accelerator, where they fit.

    Args:
        inputs: uint8 pixels or float32 features, resident or memory-mapped.
        device: Device to compute on.
        free_bytes: Free memory of it; found out when not given.

    Returns:
        The inputs on the device; `None` on a CPU, and where they are too large.
    """
    free = free_memory(device) if free_bytes is None else free_bytes
    if free is None or inputs.nbytes > RESIDENT_SHARE * free:
        return None
    try:
        held = torch.empty(inputs.shape, dtype=torch_type(inputs), device=device)
    except torch.OutOfMemoryError:
        # What is free may lie in pieces.
        return None
    rows = max(1, _CHUNK_BYTES // max(1, inputs[:1].nbytes))
    for start in range(0, len(inputs), rows):
        held[start : start + rows] = torch.from_numpy(np.array(inputs[start : start + rows]))
    return held


def torch_type(inputs: Pixels | NDArray[np.float32]) -> torch.dtype:
    """Returns PyTorch's type of inputs: uint8 of pixels, float32 of features."""
    return torch.uint8 if inputs.dtype == np.uint8 else torch.float32


def free_memory(device: torch.device) -> int | None:
    """Returns the bytes that are free on an accelerator; `None` on a CPU, whose memory is the host's."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    if device.type == "mps":
        memory: Any = torch.mps
        return int(memory.recommended_max_memory() - memory.driver_allocated_memory())
    return None
