"""The templates that the report is made of."""

from importlib.resources import files


def template_text(name: str) -> str:
    """Returns the text of a template by the name of its file, which lies beside this module."""
    return files("medimage.evaluation.report").joinpath(name).read_text("utf-8")
