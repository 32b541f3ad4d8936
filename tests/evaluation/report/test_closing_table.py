import io

import numpy as np
from rich.console import Console

from medimage.evaluation.report.closing_table import closing_table
from tests.support.simulated_predictions import of_arrays, predictions, report_of


def _printed(report, width: int = 130) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(closing_table(report))
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_table_shows_every_criterion_with_interval_threshold_and_verdict() -> None:
    report = report_of(predictions(per_group=2))
    text = _printed(report)
    for criterion in report.criteria:
        assert criterion.title in text
    accuracy = report.criteria[0]
    line = next(line for line in text.splitlines() if "│ accuracy" in line)
    for part in (f"{accuracy.estimate:.3f}", f"{accuracy.low:.3f} to {accuracy.high:.3f}", "240 (120)", "≥ 0.85"):
        assert part in line
    assert f"gate: {report.verdict}" in text


def test_undefined_numbers_and_brackets_in_class_names_are_printed() -> None:
    test = of_arrays(np.zeros(5, np.int64), np.eye(2)[np.zeros(5, int)], classes=("[red]a[/red]", "b [bold]"))
    text = _printed(report_of(test))
    assert "sensitivity of b [bold]" in text
    assert "sensitivity of [red]a[/red]" in text
