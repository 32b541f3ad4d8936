"""How much memory the GPU has that training would use."""

import torch


def gpu_memory_gib() -> float | None:
    """Returns the memory of the first CUDA device in GiB, or None where there is none."""
    if not torch.cuda.is_available():
        return None
    return torch.cuda.get_device_properties(0).total_memory / 2**30
