"""The gate as a table in a terminal."""

import math

from rich.table import Table
from rich.text import Text

from medimage.evaluation.gate.criterion import Criterion, Verdict
from medimage.evaluation.gate.gate_report import GateReport

_STYLES = {Verdict.PASS: "green", Verdict.INCONCLUSIVE: "yellow", Verdict.FAIL: "bold red"}
_LARGE = ("latency_p95_ms", "imbalance_ratio")
_COUNTED = ("split", "subgroups")
"""Scopes whose criteria count something that must not be."""
_SIGNS = {"at_least": "≥", "at_most": "≤", "below": "<"}


def closing_table(report: GateReport, *, title: str = "Medical validation gate") -> Table:
    """Returns the criteria as a table: criterion, estimate, interval, n, threshold, verdict.

    Args:
        report: The verdict.
        title: What was judged by what; the verdict is added.
    """
    table = Table(title=f"{title}: {report.verdict}", caption=Text(report.sentence()), caption_justify="left")
    # On a narrow terminal only the names wrap: a number cut off is worse than a name in two lines.
    table.add_column("Criterion", overflow="fold")
    for heading in ("Estimate", "Interval", "n", "Threshold"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("Verdict", no_wrap=True)
    for criterion in report.criteria:
        table.add_row(
            # Class names may hold square brackets, which rich would take for markup.
            Text(criterion.title),
            estimate_text(criterion),
            interval_text(criterion),
            cases_text(criterion),
            threshold_text(criterion),
            Text(criterion.verdict.value, style=_STYLES[criterion.verdict]),
        )
    return table


def estimate_text(criterion: Criterion) -> str:
    """Returns the estimate in the digits it deserves; a dash where it is undefined."""
    return _number(criterion.estimate, criterion)


def interval_text(criterion: Criterion) -> str:
    """Returns the interval as `low to high`; a dash where there is none."""
    if math.isnan(criterion.low):
        return "–"  # noqa: RUF001
    return f"{_number(criterion.low, criterion)} to {_number(criterion.high, criterion)}"


def cases_text(criterion: Criterion) -> str:
    """Returns the number of images and, where they differ, of independent cases."""
    if criterion.scope in _COUNTED:
        return "–"  # noqa: RUF001
    if criterion.name == "auroc" or criterion.groups == criterion.n:
        return str(criterion.n)
    return f"{criterion.n} ({criterion.groups})"


def threshold_text(criterion: Criterion) -> str:
    """Returns the threshold with its direction."""
    if criterion.scope in _COUNTED:
        return f"{criterion.threshold:.0f}"
    coarse = criterion.name in _LARGE or round(criterion.threshold, 2) != criterion.threshold
    return f"{_SIGNS[criterion.direction]} {criterion.threshold:{'g' if coarse else '.2f'}}"


def _number(value: float, criterion: Criterion) -> str:
    if math.isnan(value):
        return "–"  # noqa: RUF001
    if math.isinf(value):
        return "∞"
    if criterion.scope in _COUNTED:
        return f"{value:.0f}"
    return f"{value:.1f}" if criterion.name in _LARGE else f"{value:.3f}"
