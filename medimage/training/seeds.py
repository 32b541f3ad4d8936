"""Independent seeds for the random parts of training."""

from enum import IntEnum

import numpy as np
import torch


class Purpose(IntEnum):
    """What an epoch draws random numbers for."""

    IMAGES = 0
    """Order of the images and their augmentation."""

    DROPOUT = 1
    """PyTorch's own generators, which dropout and stochastic depth draw from."""

    VIEW = 2
    """Augmentation of the images whose features are kept; the view, from 0, stands in the epoch's place."""


def derive_seed(seed: int, *keys: int) -> int:
    """Derives a seed that is unrelated to that of any other keys.

    Every epoch gets its own seeds, so that what it draws does not depend on what happened before it: a stage that was
    killed goes on with the numbers that it would have drawn.

    Args:
        seed: The run's seed, not negative.
        *keys: Numbers that name the part, such as stage, epoch and purpose; not negative. Zeros at the end change
            nothing.

    Returns:
        A number from 0 to 2**63 - 1, by NumPy's `SeedSequence` (M. E. O'Neill's `seed_seq` design).
    """
    return int(np.random.SeedSequence([seed, *keys]).generate_state(1, np.uint64)[0] >> np.uint64(1))


def seed_dropout(seed: int, *, stage: int, epoch: int) -> None:
    """Seeds PyTorch's own generators, on all devices, for one epoch.

    Args:
        seed: The run's seed.
        stage: 1 or 2.
        epoch: Epoch within the stage, from 1.
    """
    torch.manual_seed(derive_seed(seed, stage, epoch, Purpose.DROPOUT))
