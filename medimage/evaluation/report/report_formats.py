"""The report's section on the exported files."""

from collections.abc import Sequence

from markupsafe import Markup

from medimage.evaluation.report.template import render_template


def render_formats(
    rows: Sequence[Sequence[str]],
    *,
    changes: Sequence[Sequence[str]] = (),
    resemblances: Sequence[Sequence[str]] = (),
    margin: float | None = None,
    minimum_speedup: float | None = None,
    machine: str,
    machine_in_turns: str = "",
) -> Markup:
    """Renders the section as a part of the report's page.

    Args:
        rows: A row for each file: format, precision, size, time of the graph alone, how many times as fast, time with
            decoding, largest difference, same decisions, gate, outcome.
        changes: A row for each sensitivity in fewer bits: precision, what, change, its interval, cases lost, cases won,
            cases, outcome.
        resemblances: A row for each likeness in fewer bits: precision, what, its measure, mean, lowest, what is asked
            for, images.
        margin: Largest drop that was allowed; None where nothing was tried in fewer bits.
        minimum_speedup: How many times faster a smaller graph had to be; likewise.
        machine: What the time with decoding was measured on.
        machine_in_turns: What the time of the graphs alone was measured on.
    """
    return render_template(
        "report_formats.html.j2",
        rows=rows,
        changes=changes,
        resemblances=resemblances,
        margin=margin,
        minimum_speedup=minimum_speedup,
        machine=machine,
        machine_in_turns=machine_in_turns,
    )
