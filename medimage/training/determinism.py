"""Training that gives the same weights on every run."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def reproducible(seed: int, *, device: torch.device, deterministic: bool) -> Iterator[None]:
    """Seeds PyTorch's generators and chooses algorithms; restores both in the end.

    The generators are those that dropout draws from. All other draws have generators of their own.

    Args:
        seed: Seed of the generators.
        device: Device that is trained on.
        deterministic: Allow only algorithms that give the same result on every run; else let cuDNN choose the fastest.
    """
    devices = [torch.cuda.current_device()] if device.type == "cuda" else []
    before = torch.are_deterministic_algorithms_enabled()
    benchmark = torch.backends.cudnn.benchmark
    if deterministic and device.type == "cuda":
        # cuBLAS reads this when it starts; without it PyTorch refuses matrix products in deterministic mode.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        torch.use_deterministic_algorithms(deterministic)
        torch.backends.cudnn.benchmark = not deterministic
        try:
            yield
        finally:
            torch.use_deterministic_algorithms(before)
            torch.backends.cudnn.benchmark = benchmark
