"""How every report looks: one style, for screens light and dark, for paper, and for people who see no red or green."""

from markupsafe import Markup

from medimage.evaluation.report.template import template_text


def report_style() -> Markup:
    """Returns the style sheet of the reports, to stand in a page's head."""
    # The style is ours and holds nothing that came from outside.
    return Markup(template_text("report_style.css.j2"))  # noqa: S704
