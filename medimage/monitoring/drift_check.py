"""The check of a window for drift, and what it came to."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from medimage.monitoring.column_drift import ColumnDrift, compare_columns
from medimage.monitoring.drift_kind import DriftFinding
from medimage.monitoring.drift_settings import DriftSettings
from medimage.monitoring.explain_drift import explain_drift
from medimage.monitoring.observations import Observations
from medimage.wording import counted


class DriftVerdict(StrEnum):
    """What a check came to."""

    NO_DRIFT = "no_drift"
    DRIFT = "drift"
    NOT_ENOUGH = "not_enough_to_tell"


@dataclass(frozen=True, kw_only=True)
class DriftCheck:
    """A window held against the reference.

    Attributes:
        verdict: What it came to.
        images: Images of the window.
        reference_images: Images of the reference.
        settings: What counted as drift.
        columns: The verdict on each column; none where there were too few images.
        finding: Which kind of drift; None where there is none.
    """

    verdict: DriftVerdict
    images: int
    reference_images: int
    settings: DriftSettings
    columns: tuple[ColumnDrift, ...]
    finding: DriftFinding | None

    def __post_init__(self) -> None:
        drifted = any(column.is_drifted for column in self.columns)
        if not (drifted == (self.finding is not None) == (self.verdict is DriftVerdict.DRIFT)):
            raise ValueError(f"Expected a finding exactly where a column has drifted but got {self.verdict}")
        if bool(self.columns) == (self.verdict is DriftVerdict.NOT_ENOUGH):
            raise ValueError(f"Expected columns exactly where there are enough images but got {self.verdict}")

    @property
    def drifted(self) -> tuple[ColumnDrift, ...]:
        """Columns that have drifted, the largest difference first."""
        return tuple(sorted((each for each in self.columns if each.is_drifted), key=lambda each: -each.size))

    @property
    def sentence(self) -> str:
        """What it came to, in words."""
        if self.verdict is DriftVerdict.NOT_ENOUGH:
            smaller = min(self.images, self.reference_images)
            what = "window" if smaller == self.images else "reference"
            return (
                f"Not enough to tell: the {what} has {counted(smaller, 'image')}, and "
                f"{self.settings.fewest_rows} are the fewest for a verdict. That is not the same as no drift."
            )
        if self.finding is None:
            return f"No drift among {counted(self.images, 'image')} in {counted(len(self.columns), 'column')}."
        return self.finding.sentence

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return {
            "verdict": self.verdict.value,
            "sentence": self.sentence,
            "images": self.images,
            "reference_images": self.reference_images,
            "settings": self.settings.to_dict(),
            "finding": None if self.finding is None else self.finding.to_dict(),
            "columns": [column.to_dict() for column in self.columns],
        }


def check_drift(reference: Observations, window: Observations, *, settings: DriftSettings | None = None) -> DriftCheck:
    """Holds a window against the reference.

    Args:
        reference: What the model said of the images that it was judged on.
        window: What it says now; may be empty.
        settings: What counts as drift.
    """
    chosen = settings or DriftSettings()
    if reference.classes != window.classes:
        raise ValueError(f"Expected a window of the classes {reference.classes} but got {window.classes}")
    if min(len(window), len(reference)) < chosen.fewest_rows:
        columns: tuple[ColumnDrift, ...] = ()
        verdict, finding = DriftVerdict.NOT_ENOUGH, None
    else:
        columns = compare_columns(reference, window, settings=chosen)
        finding = None
        if any(column.is_drifted for column in columns):
            finding = explain_drift(columns, reference, window, settings=chosen)
        verdict = DriftVerdict.NO_DRIFT if finding is None else DriftVerdict.DRIFT
    return DriftCheck(
        verdict=verdict,
        images=len(window),
        reference_images=len(reference),
        settings=chosen,
        columns=columns,
        finding=finding,
    )
