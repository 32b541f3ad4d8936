"""Building a split by ratio, by fold, or from the one that comes with the data."""

import logging
from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from medimage.config.split import SplitConfig
from medimage.data.audit.data_audit import DataAudit
from medimage.data.partition import partition_groups
from medimage.data.split import PARTS, Part, Split
from medimage.errors import ConfigurationError

logger = logging.getLogger(__name__)


def split_images(audit: DataAudit, config: SplitConfig, *, seed: int) -> Split:
    """Divides the usable images so that no group crosses and each part has its share of every class.

    Where the data come with a split and `config.given` is `honour`, its parts are kept and only missing ones are
    taken out of its training images.

    Args:
        audit: The audited images with their groups.
        config: Shares or folds, and whether a given split counts.
        seed: Seed of the division.

    Raises:
        ConfigurationError: If folds are asked for where a given split is honoured.
        DataError: If groups cross a given split, or a class has too few groups for three parts.
    """
    images = audit.usable.reset_index(drop=True)
    given = images["given_split"].to_numpy(dtype=object)
    if config.given == "honour" and (given != "").any():
        if config.folds is not None:
            raise ConfigurationError(
                f"The data come with a split of their own ({int((given != '').sum())} of {len(given)} images have a "
                f"part), which split.given: honour keeps, so split.folds: {config.folds} would have no effect. Set "
                "split.given: ignore to divide all images into folds, or split.folds: null to keep the data's split."
            )
        parts = _complete_given(images, given, config, seed)
    elif config.folds is not None:
        parts = _by_fold(images, config.folds, config.test_fold, config, seed)
    else:
        codes = _partition(images, (config.train, config.validation, config.test), seed)
        parts = np.asarray(PARTS, dtype=object)[codes]
    split = Split(
        image_ids=tuple(images["image_id"]),
        labels=tuple(images["label"]),
        groups=tuple(images["group"]),
        parts=cast(tuple[Part, ...], tuple(parts.tolist())),
        classes=audit.classes,
    )
    _report_unequal_shares(split)
    return split


def _partition(images: pd.DataFrame, shares: tuple[float, ...], seed: int) -> NDArray[np.int64]:
    return partition_groups(images["label"].tolist(), images["group"].tolist(), shares=shares, seed=seed)


def _complete_given(
    images: pd.DataFrame, given: NDArray[np.object_], config: SplitConfig, seed: int
) -> NDArray[np.object_]:
    parts = np.where(given == "", "train", given).astype(object)
    shares = {"train": config.train, "validation": config.validation, "test": config.test}
    shares = {part: share for part, share in shares.items() if part == "train" or not (parts == part).any()}
    if len(shares) == 1:
        return parts
    rows = np.flatnonzero(parts == "train")
    # In one go, because one part after the other could take what the next one needs of a class with few groups.
    codes = _partition(images.iloc[rows], tuple(share / sum(shares.values()) for share in shares.values()), seed)
    parts[rows] = np.asarray(list(shares), dtype=object)[codes]
    for missing in list(shares)[1:]:
        taken = int((parts == missing).sum())
        logger.info("The data's own split has no %s part: took %d images of its training part", missing, taken)
    return parts


def _by_fold(images: pd.DataFrame, folds: int, test_fold: int, config: SplitConfig, seed: int) -> NDArray[np.object_]:
    fold = _partition(images, tuple([1 / folds] * folds), seed)
    parts = np.where(fold == test_fold, "test", "train").astype(object)
    rows = np.flatnonzero(parts == "train")
    share = config.validation / (config.validation + config.train)
    parts[rows[_partition(images.iloc[rows], (1 - share, share), seed) == 1]] = "validation"
    return parts


def _report_unequal_shares(split: Split) -> None:
    """Says where groups do not allow each part to have the classes in the proportions of the whole."""
    total = len(split.image_ids)
    whole = {name: sum(split.counts(part)[name] for part in PARTS) / total for name in split.classes}
    for part in PARTS:
        counts = split.counts(part)
        size = sum(counts.values())
        for name, count in counts.items():
            if abs(count / size - whole[name]) > 0.02:
                logger.warning(
                    "Class %s is %.1f %% of %s but %.1f %% of all images: its groups do not divide more evenly",
                    name,
                    100 * count / size,
                    part,
                    100 * whole[name],
                )
