"""A ranking of registered models as rows of text, for a terminal, the report and the dashboard."""

from rich.table import Table
from rich.text import Text

from medimage.evaluation.comparison.comparison_table import interval_words, number_words
from medimage.evaluation.comparison.model_ranking import ModelRanking

COLUMNS = (
    "Model",
    "Accuracy",
    "Balanced accuracy",
    "Macro F1",
    "Lowest sensitivity",
    "ms",
    "Images",
    "Behind the best",
    "Gate",
)


def ranking_rows(ranking: ModelRanking) -> list[tuple[str, ...]]:
    """Returns one row per model, the best first and those that could not be judged last, with those columns."""
    judged = [
        (
            result.name,
            interval_words(result.accuracy),
            number_words(result.balanced_accuracy),
            number_words(result.macro_f1),
            f"{interval_words(result.floor.estimate)}, {result.floor.of_class}",
            f"{result.latency.p50_ms:.1f}",
            f"{result.images}" + (f", {result.left_out} left out" if result.left_out else ""),
            "–"  # noqa: RUF001
            if result.behind is None
            else f"{result.behind.value:.3f} ({result.behind.low:+.3f} to {result.behind.high:+.3f})",
            result.verdict.value,
        )
        for result in ranking.ranking
    ]
    missing = ("–",) * (len(COLUMNS) - 2)  # noqa: RUF001
    return [*judged, *((name, *missing, "not judged") for name in ranking.failures)]


def ranking_table(ranking: ModelRanking) -> Table:
    """Returns the ranking as a table for a terminal, with the recommendation below it."""
    title = f"Recommended: {ranking.recommended}" if ranking.recommended else "No model is recommended"
    table = Table(title=title, caption=Text(ranking.reason), caption_justify="left")
    for place, heading in enumerate(COLUMNS):
        table.add_column(heading, overflow="fold", justify="left" if place in (0, len(COLUMNS) - 1) else "right")
    for row in ranking_rows(ranking):
        # Class names may hold square brackets, which rich would take for markup.
        table.add_row(*map(Text, row))
    return table
