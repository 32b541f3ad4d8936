"""The comparison with the champion as rows of text, for the dashboard and the report."""

import math

from medimage.evaluation.comparison.champion_comparison import ChampionComparison
from medimage.evaluation.metrics.estimate import Estimate

COLUMNS = (
    "Metric",
    "Champion",
    "Candidate",
    "Difference",
    "Interval",
    "Allowing for all metrics",
    "Only candidate, only champion right",
    "McNemar's p",
    "Outcome",
)


def champion_rows(comparison: ChampionComparison) -> list[tuple[str, ...]]:
    """Returns one row per metric, with the columns of `COLUMNS`."""
    return [
        (
            each.title,
            _number(each.champion),
            _number(each.challenger),
            _signed(each.difference.value),
            _interval(each.difference),
            _interval(each.adjusted),
            "–" if each.only_challenger is None else f"{each.only_challenger}, {each.only_champion}",  # noqa: RUF001
            _number(each.mcnemar),
            f"{each.outcome}, proven" if each.is_improvement else each.outcome.value,
        )
        for each in comparison.differences
    ]


def _number(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3f}"  # noqa: RUF001


def _signed(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:+.3f}"  # noqa: RUF001


def _interval(estimate: Estimate | None) -> str:
    if estimate is None or not estimate.has_interval:
        return "–"  # noqa: RUF001
    return f"{estimate.low:+.3f} to {estimate.high:+.3f}"
