"""What was measured of the subgroups of a test set."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

from medimage.evaluation.metrics.estimate import Estimate
from medimage.evaluation.metrics.metrics import Metrics
from medimage.evaluation.subgroups.gap import Gap


@dataclass(frozen=True, kw_only=True)
class Subgroup:
    """The test images that have one value of one kind of metadata.

    Attributes:
        level: The value; empty for images that state none.
        images: Their number.
        cases: Independent cases (patients, lesions, duplicate clusters) among them.
        class_images: Images of each class.
        metrics: Their metrics, with intervals.
        gaps: What differs from all other images that state a value; empty where nothing is to be compared.
    """

    level: str
    images: int
    cases: int
    class_images: dict[str, int]
    metrics: Metrics
    gaps: tuple[Gap, ...] = ()

    @property
    def flagged(self) -> tuple[Gap, ...]:
        """Gaps that are more than chance explains, the largest first."""
        flagged = [gap for gap in self.gaps if gap.is_flagged]
        return tuple(sorted(flagged, key=lambda gap: -abs(gap.difference.value)))

    @property
    def is_too_small(self) -> bool:
        """Whether no figure could be compared, because there are too few cases on one side or the other."""
        return bool(self.gaps) and not any(gap.is_compared for gap in self.gaps)

    @property
    def balanced_gap(self) -> Gap | None:
        """The gap in balanced accuracy; None where nothing is to be compared."""
        return next((gap for gap in self.gaps if gap.figure == "balanced_accuracy"), None)

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return {
            "level": self.level,
            "images": self.images,
            "cases": self.cases,
            "class_images": self.class_images,
            "metrics": self.metrics.to_dict(),
            "gaps": [gap.to_dict() for gap in self.gaps],
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Builds the subgroup from what `to_dict` gave."""
        return cls(
            **{
                **values,
                "metrics": Metrics.from_dict(values["metrics"]),
                "gaps": tuple(Gap.from_dict(gap) for gap in values["gaps"]),
            }
        )


@dataclass(frozen=True, kw_only=True)
class SubgroupColumn:
    """One kind of metadata.

    Attributes:
        name: What it is called, such as `sex`.
        images: Test images.
        stated: How many of them state a value.
        contradictions: Images that state none because their copies contradict each other.
        levels_found: Different values.
        subgroups: The images of each value, in the order of the values; empty where they were not measured.
        not_stated: The images without a value; None where all have one, or nothing was measured.
        association: Cramér's V of class and value, over the independent cases that state one.
        is_class: Whether each value has images of one class only, so that class and value cannot be told apart.
        reason: Why nothing was measured, or nothing compared; empty otherwise.
    """

    name: str
    images: int
    stated: int
    contradictions: int
    levels_found: int
    subgroups: tuple[Subgroup, ...]
    not_stated: Subgroup | None
    association: Estimate
    is_class: bool
    reason: str

    def __post_init__(self) -> None:
        if self.not_stated is not None and self.not_stated.gaps:
            raise ValueError("Expected no comparison of images that do not state what they belong to but got some")
        if not 0 <= self.stated <= self.images:
            raise ValueError(f"Expected 0 to {self.images} images that state {self.name} but got {self.stated}")

    @property
    def comparisons(self) -> Iterator[tuple[Subgroup, Gap]]:
        """Yields each comparison that was made, once: of two values, from the side of the first."""
        for subgroup in self.subgroups[:1] if len(self.subgroups) == 2 else self.subgroups:
            yield from ((subgroup, gap) for gap in subgroup.gaps if gap.is_compared)

    @property
    def measured(self) -> tuple[Subgroup, ...]:
        """All subgroups with their metrics, those that state nothing last."""
        return self.subgroups if self.not_stated is None else (*self.subgroups, self.not_stated)

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        names = ("name", "images", "stated", "contradictions", "levels_found", "is_class", "reason")
        return {
            **{name: getattr(self, name) for name in names},
            "association": self.association.to_dict(),
            "subgroups": [subgroup.to_dict() for subgroup in self.subgroups],
            "not_stated": None if self.not_stated is None else self.not_stated.to_dict(),
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Builds the column from what `to_dict` gave."""
        not_stated = values["not_stated"]
        return cls(
            **{
                **values,
                "association": Estimate.from_dict(values["association"]),
                "subgroups": tuple(Subgroup.from_dict(subgroup) for subgroup in values["subgroups"]),
                "not_stated": None if not_stated is None else Subgroup.from_dict(not_stated),
            }
        )


@dataclass(frozen=True, kw_only=True)
class SubgroupAudit:
    """The subgroups of a test set.

    Attributes:
        columns: Each kind of metadata.
        classes: Class names.
        whole: Metrics of the whole test set.
        confidence: Two-sided confidence level of the intervals.
        minimum_cases: Independent cases on each side below which nothing is compared.
        false_alarm: Chance that one or more gaps are flagged where there is none.
    """

    columns: tuple[SubgroupColumn, ...]
    classes: tuple[str, ...]
    whole: Metrics
    confidence: float
    minimum_cases: int
    false_alarm: float

    @property
    def comparisons(self) -> int:
        """How many comparisons were made, each of which had a chance of a false flag."""
        return sum(1 for column in self.columns for _ in column.comparisons)

    @property
    def flagged(self) -> tuple[tuple[SubgroupColumn, Subgroup, Gap], ...]:
        """Gaps that are more than chance explains, the largest first; of two values, from the side of the worse."""
        found = [
            (column, subgroup, gap)
            for column in self.columns
            for subgroup in column.subgroups
            for gap in subgroup.flagged
            if len(column.subgroups) > 2 or gap.difference.value < 0
        ]
        return tuple(sorted(found, key=lambda each: -abs(each[2].difference.value)))

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        names = ("confidence", "minimum_cases", "false_alarm")
        return {
            **{name: getattr(self, name) for name in names},
            "classes": list(self.classes),
            "whole": self.whole.to_dict(),
            "columns": [column.to_dict() for column in self.columns],
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Builds the audit from what `to_dict` gave."""
        return cls(
            **{
                **values,
                "classes": tuple(values["classes"]),
                "whole": Metrics.from_dict(values["whole"]),
                "columns": tuple(SubgroupColumn.from_dict(column) for column in values["columns"]),
            }
        )
