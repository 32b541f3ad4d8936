"""Why a file is not used: a category that programs count by, and words for people."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

import pandas as pd


class ExclusionCategory(StrEnum):
    """Kind of exclusion. The names are stable: scripts read them from `images.csv` and `audit.json`."""

    EMPTY = "empty"
    NOT_AN_IMAGE = "not an image"
    DAMAGED = "damaged"
    SEVERAL_FRAMES = "several frames"
    UNSUPPORTED_COLOURS = "unsupported colours"
    DEEP_SAMPLES = "more than 8 bits"
    UNSUPPORTED_ENCODING = "unsupported encoding"
    TRANSPARENT = "transparent"
    TOO_LARGE = "too large"
    TOO_SMALL = "too small"
    UNREADABLE = "unreadable"
    EXTREME_SHAPE = "extreme shape"
    BLANK = "blank"
    EXACT_DUPLICATE = "exact duplicate"
    CONTRADICTING_LABELS = "contradicting labels"
    SKIPPED = "skipped"


@dataclass(frozen=True, kw_only=True)
class Exclusion:
    """One file's reason, written as `category: words` wherever it is shown or stored.

    Attributes:
        category: Kind of exclusion.
        words: What is wrong, for people; a sentence or a part of one.
    """

    category: ExclusionCategory
    words: str

    def __post_init__(self) -> None:
        if not self.words.strip():
            raise ValueError(f"Expected words for the exclusion {self.category.value!r} but got {self.words!r}")

    def __str__(self) -> str:
        return f"{self.category.value}: {self.words}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads what `str` of an exclusion gave.

        Raises:
            ValueError: If the category is none of `ExclusionCategory`.
        """
        category, _, words = text.partition(": ")
        return cls(category=ExclusionCategory(category), words=words)


def categories(reasons: pd.Series) -> pd.Series:
    """Returns the category of each reason in a table.

    Args:
        reasons: What `str` of an exclusion gave; empty where a file is used.

    Returns:
        The names of `ExclusionCategory`; empty where a file is used.

    Raises:
        ValueError: If a category is none of `ExclusionCategory`.
    """
    return reasons.map({text: Exclusion.parse(text).category.value if text else "" for text in reasons.unique()})
