"""How every report looks: one style, for screens light and dark, for paper, and for people who see no red or green."""

from markupsafe import Markup

from medimage.evaluation.report.template import render_template


def report_style() -> Markup:
    """Returns the style sheet of the reports, to stand in a page's head."""
    return render_template("report_style.css.j2")
