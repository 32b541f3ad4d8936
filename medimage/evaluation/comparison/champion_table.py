"""The comparison with the champion as text, for the dashboard and the report."""

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
            number_words(each.champion),
            number_words(each.challenger),
            signed_words(each.difference.value),
            limit_words(each.difference),
            limit_words(each.adjusted),
            "–" if each.only_challenger is None else f"{each.only_challenger}, {each.only_champion}",  # noqa: RUF001
            p_words(each.mcnemar),
            f"{each.outcome}, proven" if each.is_improvement else each.outcome.value,
        )
        for each in comparison.differences
    ]


def number_words(value: float) -> str:
    """Returns a value, or a dash where it is undefined."""
    return "–" if math.isnan(value) else f"{value:.3f}"  # noqa: RUF001


def p_words(value: float) -> str:
    """Returns a p value, which is never 0, or a dash where it is undefined."""
    return "< 0.001" if value < 0.001 else number_words(value)


def signed_words(value: float) -> str:
    """Returns a difference with its sign, or a dash where it is undefined."""
    return "–" if math.isnan(value) else f"{value:+.3f}"  # noqa: RUF001


def limit_words(estimate: Estimate | None) -> str:
    """Returns the limits of a difference, or a dash where there are none."""
    if estimate is None or not estimate.has_interval:
        return "–"  # noqa: RUF001
    return f"{estimate.low:+.3f} to {estimate.high:+.3f}"
