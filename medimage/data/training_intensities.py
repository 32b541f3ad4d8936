"""Gray levels of validation and test images, held against those of the training images."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import scipy
from numpy.typing import NDArray

from medimage.config.expectations import ExpectationsConfig
from medimage.data.audit.data_audit import DataAudit
from medimage.data.audit.intensity_profile import MEASURES, IntensityProfile
from medimage.data.split import Part, Split
from medimage.errors import DataError
from medimage.wording import percent

_CHANCE = 0.001
"""Probability below which chance does not explain so many images outside. Two parts with four measures each are looked
at, so that one of a hundred sound splits is spoken of."""


def hold_against_training(split: Split, audit: DataAudit, config: ExpectationsConfig) -> Split:
    """Adds a finding for each part whose gray levels are not those of the training part.

    Images of one patient are alike, so that a part counts as if it had as many independent images as it has groups.

    Args:
        split: The division.
        audit: The audit of the same images, with their intensities.
        config: Shares and margin, and whether the rule `intensities` stops the run.

    Returns:
        The split with these findings after its own.

    Raises:
        DataError: If there is such a part, and the rule is critical.
    """
    measured = audit.usable.set_index("image_id")[list(MEASURES)].astype(np.float64).loc[list(split.image_ids)]
    training = measured.iloc[split.rows("train")]
    source = f"the {len(training):,} training images"
    profile = IntensityProfile.measure(training, share=config.intensity_share, source=source)
    parts: tuple[Part, ...] = ("validation", "test")
    compared = (
        _finding(part, measured.iloc[split.rows(part)], split.group_count(part), profile, config) for part in parts
    )
    findings = tuple(finding for finding in compared if finding)
    if findings and "intensities" in config.critical:
        raise DataError(f"The data cannot be trusted: {'; '.join(findings)}.")
    return replace(split, findings=(*split.findings, *findings))


def _finding(
    part: Part, images: pd.DataFrame, groups: int, profile: IntensityProfile, config: ExpectationsConfig
) -> str:
    told = []
    for column, (low, high) in profile.ranges(config.intensity_margin).items():
        values: NDArray[np.float64] = images[column].to_numpy()
        outside = float(((values < low) | (values > high)).mean())
        if _is_beyond_chance(outside, groups, expected=1 - config.intensity_share):
            told.append(f"{percent(outside)} have a {MEASURES[column]} outside {low:.1f} to {high:.1f}")
    if not told:
        return ""
    return (
        f"The {len(images):,} {part} images have other gray levels than {profile.source}: {'; '.join(told)}, where "
        f"{percent(1 - config.intensity_share)} are expected (data.audit.expectations.intensity_share). Results on "
        "them say little about images like those that were trained on: look whether they come from elsewhere"
    )


def _is_beyond_chance(outside: float, groups: int, *, expected: float) -> bool:
    """Returns whether so large a share of independent groups is outside less often than in one of a thousand cases."""
    found = math.floor(outside * groups + 1e-9)
    return found > 0 and float(scipy.special.bdtrc(found - 1, groups, expected)) < _CHANCE
