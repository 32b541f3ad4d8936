"""A section that is added to a finished page: what becomes of a model is known after its report is written."""

from typing import Final

from markupsafe import Markup

PLACE: Final = Markup("<!-- exported files -->")
"""Stands in the page where the section goes, and in no text that a user gave, which is escaped."""


def with_late_section(html: str, section: Markup) -> str:
    """Returns the page with the section.

    Args:
        html: A page of `render_report`.
        section: What goes to its place.

    Raises:
        ValueError: If the page has no such place, or several.
    """
    if html.count(PLACE) != 1:
        raise ValueError(f"Expected a page with one place for a further section but it has {html.count(PLACE)}")
    return html.replace(PLACE, section)
