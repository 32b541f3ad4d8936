"""Which gaps of a whole report are more than chance explains."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from medimage.config.evaluation import EvaluationConfig
from medimage.evaluation.subgroups.compare import Answers, compare_levels
from medimage.evaluation.subgroups.gap import Gap
from medimage.evaluation.subgroups.holm import holm_adjusted


@dataclass(frozen=True, kw_only=True, eq=False)
class Levels:
    """One kind of metadata of some images, ready to be computed with.

    Attributes:
        names: Its values; none where it is not to be compared.
        codes: Index of the value of each image; -1 where it is not stated; shape [images].
    """

    names: tuple[str, ...]
    codes: NDArray[np.int64]


def compare_and_flag(
    answers: Answers, columns: Mapping[str, Levels], config: EvaluationConfig
) -> dict[str, list[tuple[Gap, ...]]]:
    """Compares each level of each kind of metadata with its others, and flags over all comparisons together.

    Args:
        answers: What the model said.
        columns: Name of the metadata → level of each image.
        config: Confidence level, intervals, cases needed, and chance of a false flag.

    Returns:
        Name of the metadata → gaps of each level.
    """
    found = {
        name: compare_levels(answers, column.codes, count=len(column.names), config=config)
        for name, column in columns.items()
    }
    made = [gap for levels in found.values() for gaps in _once(levels) for gap in gaps if gap.is_compared]
    adjusted = iter(holm_adjusted([gap.p_value for gap in made]))
    return {name: _flagged(levels, adjusted, config.subgroups.false_alarm) for name, levels in found.items()}


def _once(levels: Sequence[Sequence[Gap]]) -> Sequence[Sequence[Gap]]:
    """Returns the gaps of levels without those that are another level's, seen from the other side."""
    return levels[:1] if len(levels) == 2 else levels


def _flagged(levels: Sequence[Sequence[Gap]], adjusted: Iterator[float], false_alarm: float) -> list[tuple[Gap, ...]]:
    def judged(gap: Gap) -> Gap:
        if not gap.is_compared:
            return gap
        p_value = next(adjusted)
        return replace(gap, adjusted=p_value, is_flagged=p_value <= false_alarm)

    found = [tuple(judged(gap) for gap in gaps) for gaps in _once(levels)]
    return [*found, tuple(gap.mirrored() for gap in found[0])] if len(levels) == 2 else found
