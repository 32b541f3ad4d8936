"""How every report looks: one style, for screens light and dark, for paper, and for people who see no red or green."""

from importlib.resources import files

from markupsafe import Markup


def report_style() -> Markup:
    """Returns the style sheet of the reports, to stand in a page's head."""
    # The style is ours and holds nothing that came from outside.
    return Markup(files("medimage.evaluation").joinpath("report_style.css.j2").read_text("utf-8"))  # noqa: S704
