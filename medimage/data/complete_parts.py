"""Filling the parts of a split that nothing is fixed to."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medimage.config.split import SplitConfig
from medimage.data.few_groups import require_groups
from medimage.data.partition import partition_groups
from medimage.wording import listed


def complete_parts(
    images: pd.DataFrame,
    fixed: NDArray[np.object_],
    *,
    included: NDArray[np.bool_],
    classes: Sequence[str],
    config: SplitConfig,
    seed: int,
) -> NDArray[np.object_]:
    """Takes validation and test, where no image is fixed to them, out of the images to train on.

    Args:
        images: The images, with the columns `label`, `group` and `first_image`.
        fixed: `train`, `validation` or `test` where an image's part is known, else empty; shape [images].
        included: Whether an image is to be in any part; shape [images].
        classes: Classes that every part needs.
        config: The shares of the parts.
        seed: Seed of the division.

    Returns:
        The part of each image, shape [images]. Of an image that is not included, it means nothing.

    Raises:
        DataError: If a class has fewer groups than there are parts to fill.
    """
    parts = np.where(fixed == "", "train", fixed).astype(object)
    taken = set(parts[included].tolist())
    shares = {"train": config.train, "validation": config.validation, "test": config.test}
    shares = {part: share for part, share in shares.items() if part == "train" or part not in taken}
    if len(shares) == 1:
        return parts
    rows = np.flatnonzero(included & (parts == "train"))
    free = images.iloc[rows]
    # A class without any image here lies in other parts altogether, which the split itself tells with the counts.
    present = set(free["label"])
    require_groups(
        free,
        classes=[name for name in classes if name in present],
        count=len(shares),
        into=listed(list(shares)),
        way_out=", or set split.given: ignore to divide all images anew" if (fixed != "").any() else "",
    )
    # In one go, because one part after the other could take what the next one needs of a class with few groups.
    codes = partition_groups(
        free["label"].tolist(),
        free["first_image"].tolist(),
        shares=[share / sum(shares.values()) for share in shares.values()],
        seed=seed,
    )
    parts[rows] = np.asarray(list(shares), dtype=object)[codes]
    return parts
