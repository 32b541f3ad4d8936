"""What is different about how images look."""

from collections.abc import Sequence

from medimage.monitoring.column_drift import ColumnDrift
from medimage.monitoring.columns import (
    HEIGHT,
    HISTOGRAM_DISTANCE,
    MEAN,
    SHARPNESS,
    STANDARD_DEVIATION,
    WIDTH,
    Aspect,
    warning_name,
)
from medimage.monitoring.drift_kind import AppearanceChange
from medimage.serving.quality.quality_warning import WarningKind

_TELLS = {
    warning_name(WarningKind.INVERTED): AppearanceChange.INVERTED,
    MEAN: AppearanceChange.BRIGHTNESS,
    STANDARD_DEVIATION: AppearanceChange.CONTRAST,
    SHARPNESS: AppearanceChange.RESOLUTION,
    WIDTH: AppearanceChange.RESOLUTION,
    HEIGHT: AppearanceChange.RESOLUTION,
    warning_name(WarningKind.ENLARGED): AppearanceChange.RESOLUTION,
    warning_name(WarningKind.CLIPPED): AppearanceChange.GRAY_LEVELS,
    warning_name(WarningKind.NEARLY_CONSTANT): AppearanceChange.CONTRAST,
    warning_name(WarningKind.UNLIKE_TRAINING): AppearanceChange.GRAY_LEVELS,
    HISTOGRAM_DISTANCE: AppearanceChange.GRAY_LEVELS,
    warning_name(WarningKind.DECODER_WARNED): AppearanceChange.FILES,
}

WORDS = {
    AppearanceChange.INVERTED: "they look like negatives",
    AppearanceChange.BRIGHTNESS: "their brightness",
    AppearanceChange.CONTRAST: "their contrast",
    AppearanceChange.RESOLUTION: "their resolution or sharpness",
    AppearanceChange.GRAY_LEVELS: "the shares of their gray levels",
    AppearanceChange.FILES: "how their files are written",
    AppearanceChange.AS_SEEN: "the network takes most of them for unlike all that it knows",
}
"""What each change is called in a sentence."""


def drifted_in_appearance(columns: Sequence[ColumnDrift]) -> tuple[ColumnDrift, ...]:
    """Returns the columns in which images look different, the largest difference first."""
    found = [column for column in columns if column.is_drifted and column.name in _TELLS]
    return tuple(sorted(found, key=lambda column: -column.size))


def changes_of(drifted: Sequence[ColumnDrift]) -> tuple[AppearanceChange, ...]:
    """Returns what is different, the clearest first; negatives before what follows from it."""
    changes = list(dict.fromkeys(_TELLS[column.name] for column in drifted))
    return tuple(sorted(changes, key=lambda change: change is not AppearanceChange.INVERTED))


def drifted_in_content(columns: Sequence[ColumnDrift]) -> tuple[ColumnDrift, ...]:
    """Returns the columns in which what the network sees or says is different, the largest difference first."""
    seen = warning_name(WarningKind.SEEN_AS_UNLIKE_TRAINING)
    found = [
        column
        for column in columns
        if column.is_drifted and (column.aspect in (Aspect.EMBEDDING, Aspect.ANSWER) or column.name == seen)
    ]
    return tuple(sorted(found, key=lambda column: -column.size))
