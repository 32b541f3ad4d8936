"""What monitoring came to as a page that needs no script, and so is shown where scripts are not run."""

from medimage.evaluation.report.report_style import report_style
from medimage.evaluation.report.template import render_template
from medimage.monitoring.monitoring_outcome import MonitoringOutcome


def render_monitoring(outcome: MonitoringOutcome, *, columns: bytes, history: bytes) -> str:
    """Renders a page that holds its pictures.

    Args:
        outcome: What it came to.
        columns: Picture of the columns, SVG; empty where none was compared.
        history: Picture of the history, PNG.
    """
    feedback = outcome.feedback
    page = render_template(
        "monitoring_page.html.j2",
        package="medimage.monitoring",
        style=report_style(),
        title=outcome.title,
        sentences=outcome.sentences(),
        period=outcome.period,
        figure=columns,
        columns=outcome.column_rows(),
        how=outcome.how,
        source="" if feedback is None else feedback.source.capitalize(),
        rates=outcome.rate_rows() if feedback is not None and feedback.judged else [],
        history=history,
    )
    return str(page)
