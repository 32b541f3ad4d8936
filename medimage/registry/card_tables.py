"""Metrics and verdict of a model card as tables in Markdown."""

import math
from collections.abc import Mapping
from typing import Any

from medimage.markdown_table import markdown_table


def metric_lines(metrics: Mapping[str, Any]) -> list[str]:
    """Returns a table of all classes together, and one of each metric that is of a class, each with an empty line.

    Args:
        metrics: As `Evaluation.summary()` gives them.
    """
    overall = {name: value for name, value in metrics.items() if _is_estimate(value)}
    by_class = {
        name: values
        for name, values in metrics.items()
        if isinstance(values, Mapping) and values and all(_is_estimate(value) for value in values.values())
    }
    lines = _table(("metric", "value", "interval", "images"), [_row(name, value) for name, value in overall.items()])
    for name, values in by_class.items():
        lines += _table(
            (f"{name.replace('_', ' ')} of", "value", "interval", "images"),
            [_row(label, value) for label, value in values.items()],
        )
    return lines


def gate_lines(gate: Mapping[str, Any]) -> list[str]:
    """Returns the verdict, a table of the criteria and what was found beside them.

    Args:
        gate: As `GateReport.to_dict()` gives it.
    """
    rows = [
        (
            f"{criterion['name']} ({criterion['scope']})",
            _number(criterion["estimate"]),
            _interval(criterion.get("low"), criterion.get("high")),
            _number(criterion["threshold"]),
            str(criterion["verdict"]),
        )
        for criterion in gate.get("criteria", ())
    ]
    lines = [f"Verdict: **{gate['verdict']}**", ""]
    lines += _table(("criterion", "estimate", "interval", "threshold", "verdict"), rows)
    if findings := gate.get("findings"):
        lines += [*[f"- {finding}" for finding in findings], ""]
    return lines


def _is_estimate(value: Any) -> bool:
    return isinstance(value, Mapping) and "value" in value


def _row(name: str, estimate: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        name.replace("_", " "),
        _number(estimate["value"]),
        _interval(estimate.get("low"), estimate.get("high")),
        str(estimate.get("n", "")),
    )


def _table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    return [*markdown_table(header, rows), ""] if rows else []


def _number(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return "not known"
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"


def _interval(low: Any, high: Any) -> str:
    known = all(isinstance(limit, int | float) and math.isfinite(limit) for limit in (low, high))
    return f"{_number(low)} to {_number(high)}" if known else "none"
