"""Errors of PyTorch, told so that a user can act on them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import torch

from medimage.errors import TrainingError

_OUT_OF_MEMORY: Final = re.compile(
    "not enough memory|can't allocate memory|out of memory|_ALLOC_FAILED"
    "|could not create a (primitive|memory)(?! descriptor)"
)
"""What PyTorch's allocator of the CPU, cuBLAS, cuDNN and oneDNN say in a plain RuntimeError.

oneDNN refuses what it has no kernel for when it describes a primitive. One that it could describe, it cannot create
where there is no memory for its code: a quarter of the failures of a ResNet that was given too little.
"""


def is_out_of_memory(error: BaseException) -> bool:
    """Returns whether an error says that the memory of the machine or of the accelerator ran out."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and _OUT_OF_MEMORY.search(str(error)) is not None


def explain_out_of_memory(*, batch_size: int, processes: int = 1) -> TrainingError:
    """Returns the error for memory that ran out.

    Args:
        batch_size: Images per batch.
        processes: Those that share every batch.
    """
    shared = f", shared by {processes} processes, which cannot go on in smaller ones" if processes > 1 else ""
    return TrainingError(
        f"Memory ran out with batches of {batch_size} images{shared}. Set a smaller training.batch_size, with "
        "training.accumulation to keep the number of images per step, or, where batches are as small as can be, a "
        "smaller model.input_size or model.name."
    )


@contextmanager
def explained_failures(*, batch_size: int, processes: int = 1) -> Iterator[None]:
    """Turns PyTorch's errors about memory and about determinism into errors for the user.

    Args:
        batch_size: Images per batch, for the message.
        processes: Those that share every batch, for the message.

    Raises:
        TrainingError: If memory ran out, or an algorithm has no deterministic version.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        text = str(error)
        if is_out_of_memory(error):
            raise explain_out_of_memory(batch_size=batch_size, processes=processes) from error
        if "deterministic" in text:
            raise TrainingError(
                f"This model needs an algorithm that gives another result on every run on this device: "
                f"{text.splitlines()[0]} Set training.deterministic: false to allow it."
            ) from error
        raise
