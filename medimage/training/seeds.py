"""Independent seeds for the random parts of training."""

import numpy as np


def derive_seed(seed: int, *keys: int) -> int:
    """Derives a seed that is unrelated to that of any other keys.

    Every epoch gets its own seed, so that its shuffling and augmentation do not depend on what happened before it.

    Args:
        seed: The run's seed, not negative.
        *keys: Numbers that name the part, such as stage and epoch; not negative.

    Returns:
        A number from 0 to 2**63 - 1, by NumPy's `SeedSequence` (M. E. O'Neill's `seed_seq` design).
    """
    return int(np.random.SeedSequence([seed, *keys]).generate_state(1, np.uint64)[0] >> np.uint64(1))
