"""The attributes of one frame, each a value that the standard allows, or the file is refused."""

import math
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence

from medimage.serving.dicom.dataset import damaged, unsupported

_FUNCTIONAL_GROUPS = ("PixelValueTransformationSequence", "FrameVOILUTSequence")
"""Where enhanced multi-frame files keep the modality and the VOI transformation (PS3.3, C.7.6.16.2.9 and 10)."""


@dataclass(frozen=True)
class FrameAttributes:
    """What a data set says about one of its frames.

    A frame's own functional groups come first, then those shared by all frames, then the data set itself.

    Attributes:
        dataset: The data set.
        frame: Index of the frame, from 0.
    """

    dataset: Dataset
    frame: int = 0

    def value(self, keyword: str) -> Any:
        """Returns the value of an attribute, or None where it is absent or empty."""
        for level in self._levels:
            value = level.get(keyword)
            if value is not None and not (isinstance(value, str | bytes | MultiValue | Sequence) and len(value) == 0):
                return value
        return None

    def integer(self, keyword: str, *, default: int | None = None) -> int:
        """Returns a whole number.

        Raises:
            ImageRefusedError: If it is none, or absent without a default.
        """
        value = self.value(keyword)
        if value is None:
            value = default
        if value is None:
            raise damaged(f"{keyword} is missing")
        if not isinstance(value, int):
            raise damaged(f"{keyword} is not a whole number")
        return int(value)

    def decimal(self, keyword: str) -> float | None:
        """Returns a finite number, the first where there are several, or None where there is none.

        Raises:
            ImageRefusedError: If it is not a finite number.
        """
        value = self.value(keyword)
        first = value[0] if isinstance(value, MultiValue) else value
        if first is None:
            return None
        try:
            number = float(first)
        except (TypeError, ValueError):
            raise damaged(f"{keyword} is not a number") from None
        if not math.isfinite(number):
            raise damaged(f"{keyword} is not a finite number")
        return number

    def code(self, keyword: str, known: Collection[str]) -> str | None:
        """Returns a defined term in upper case, or None where it is absent.

        Raises:
            ImageRefusedError: If it is not among the known ones. What came is not repeated: it may be anything.
        """
        value = self.value(keyword)
        if value is None:
            return None
        term = str(value).strip().upper()
        if term not in known:
            raise unsupported(
                f"The DICOM file has a {keyword} other than {', '.join(sorted(known))}; send one of those."
            )
        return term

    def first_item(self, keyword: str) -> "FrameAttributes | None":
        """Returns the first item of a sequence, or None where it is absent or empty."""
        value = self.value(keyword)
        if value is None:
            return None
        if not isinstance(value, Sequence):
            raise damaged(f"{keyword} is not a sequence")
        return FrameAttributes(value[0])

    @cached_property
    def _levels(self) -> tuple[Dataset, ...]:
        levels = []
        for groups, index in (("PerFrameFunctionalGroupsSequence", self.frame), ("SharedFunctionalGroupsSequence", 0)):
            items = self.dataset.get(groups)
            if isinstance(items, Sequence) and index < len(items):
                for name in _FUNCTIONAL_GROUPS:
                    inner = items[index].get(name)
                    if isinstance(inner, Sequence) and len(inner):
                        levels.append(inner[0])
        return (*levels, self.dataset)
