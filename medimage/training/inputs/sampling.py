"""Which images an epoch takes, and in which order."""

from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import WeightedRandomSampler

from medimage.errors import TrainingError

Sampling = Literal["shuffled", "balanced"]


def draw_order(labels: NDArray[np.int64], *, sampling: Sampling, generator: torch.Generator) -> NDArray[np.int64]:
    """Draws the images of an epoch, as many as there are.

    Args:
        labels: Class index of each image.
        sampling: `shuffled`: every image once, in random order. `balanced`: each draw takes each class with the same
            probability and each image of the class with the same probability, with replacement, so that a rare class
            is seen as often as a frequent one, in fewer different images.
        generator: Source of randomness, on the CPU.

    Returns:
        int64 [images]: rows of the images.
    """
    if sampling == "shuffled":
        return torch.randperm(len(labels), generator=generator).numpy()
    weights = 1 / np.bincount(labels)[labels]
    sampler = WeightedRandomSampler(weights.tolist(), num_samples=len(labels), replacement=True, generator=generator)
    return np.fromiter(sampler, dtype=np.int64, count=len(labels))


def require_every_class(labels: NDArray[np.int64], *, classes: tuple[str, ...], setting: str) -> None:
    """Refuses images among which a class is missing, where the recipe is to make up for unequal classes.

    Args:
        labels: Class index of each training image.
        classes: Class names.
        setting: The setting that needs them, for the message.

    Raises:
        TrainingError: If a class has no image.
    """
    counts = np.bincount(labels, minlength=len(classes))
    absent = [name for name, count in zip(classes, counts, strict=True) if count == 0]
    if absent:
        raise TrainingError(
            f"{setting} needs training images of every class but there are none of {absent}. "
            "Add images, or name only the classes that have some in data.classes."
        )
