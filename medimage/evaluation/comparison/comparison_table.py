"""A comparison as rows of text, for a terminal and for the dashboard."""

from rich.table import Table
from rich.text import Text

from medimage.evaluation.comparison.comparison import Comparison
from medimage.evaluation.metrics.estimate import Estimate
from medimage.wording import counted

COLUMNS = (
    "Candidate",
    "Balanced accuracy",
    "Accuracy",
    "Macro F1",
    "Lowest sensitivity",
    "ms",
    "Parameters",
    "Training",
    "Memory",
    "Gate",
)


def comparison_rows(comparison: Comparison) -> list[tuple[str, ...]]:
    """Returns one row per candidate, the best first and those that failed last, with the columns of `COLUMNS`."""
    judged = [
        (
            result.name,
            interval_words(result.balanced_accuracy),
            number_words(result.accuracy),
            number_words(result.macro_f1),
            f"{interval_words(result.floor.estimate)}, {result.floor.of_class}",
            f"{result.latency.p50_ms:.1f}",
            f"{result.parameters / 1e6:.2f} M",
            ", ".join((duration(result.seconds), counted(result.epochs, "epoch"))),
            memory(result.peak_memory_gib),
            result.verdict.value,
        )
        for result in comparison.ranking
    ]
    missing = ("–",) * (len(COLUMNS) - 2)  # noqa: RUF001
    return [*judged, *((name, *missing, "failed") for name in comparison.failures)]


def ranking_table(comparison: Comparison) -> Table:
    """Returns the ranking as a table for a terminal, with the recommendation below it."""
    title = f"Recommended: {comparison.recommended}" if comparison.recommended else "No candidate is recommended"
    table = Table(title=title, caption=Text(comparison.reason), caption_justify="left")
    for place, heading in enumerate(COLUMNS):
        table.add_column(heading, overflow="fold", justify="left" if place in (0, len(COLUMNS) - 1) else "right")
    for row in comparison_rows(comparison):
        # Class names may hold square brackets, which rich would take for markup.
        table.add_row(*map(Text, row))
    return table


def duration(seconds: float) -> str:
    """Returns a time in the unit that suits it."""
    return f"{seconds / 60:.1f} min" if seconds >= 60 else f"{seconds:.1f} s"


def memory(gib: float | None) -> str:
    """Returns a size of memory, or a dash where it is not known."""
    return "–" if gib is None else f"{gib:.1f} GiB"  # noqa: RUF001


def number_words(estimate: Estimate) -> str:
    """Returns the estimate, or a dash where it is undefined."""
    return f"{estimate.value:.3f}" if estimate.is_defined else "–"  # noqa: RUF001


def interval_words(estimate: Estimate) -> str:
    """Returns the estimate with its interval, as far as it has them."""
    limits = f" ({estimate.low:.3f} to {estimate.high:.3f})" if estimate.has_interval else ""
    return f"{number_words(estimate)}{limits}"
