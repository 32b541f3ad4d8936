"""The templates that the report is made of."""

import base64
import math
from collections.abc import Callable
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from medimage.evaluation.metrics.estimate import Estimate


def render_template(
    name: str,
    *,
    filters: dict[str, Callable[..., str]] | None = None,
    package: str = "medimage.evaluation.report",
    **values: Any,
) -> Markup:
    """Renders a part of the page; what it is given is escaped, unless it is markup.

    Every template may use the filters `jpeg`, `png` and `svg` (picture to data address), `number` (three decimals, or a
    dash) and `estimate` (number with its interval).

    Args:
        name: Name of the template's file.
        filters: Further filters.
        package: Where it lies.
        values: What the template shows.
    """
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {
        "jpeg": jpeg,
        "png": png,
        "svg": svg,
        "number": number,
        "estimate": estimate,
        **(filters or {}),
    }
    template = environment.from_string(files(package).joinpath(name).read_text("utf-8"))
    # The template escapes what it is given; the result is markup.
    return Markup(template.render(**values))  # noqa: S704


def svg(picture: bytes) -> str:
    """Returns an SVG file as an address that holds it."""
    return f"data:image/svg+xml;base64,{base64.b64encode(picture).decode()}"


def png(picture: bytes) -> str:
    """Returns a PNG file as an address that holds it."""
    return f"data:image/png;base64,{base64.b64encode(picture).decode()}"


def jpeg(picture: bytes) -> str:
    """Returns a JPEG file as an address that holds it."""
    return f"data:image/jpeg;base64,{base64.b64encode(picture).decode()}"


def number(value: float) -> str:
    """Returns a number with three decimals, or a dash where there is none; nearly 0 or 1 is not told as 0 or 1."""
    if math.isnan(value):
        return "–"  # noqa: RUF001
    if 0.9995 <= value < 1:
        return "> 0.999"
    return "< 0.001" if 0 < value < 0.0005 else f"{value:.3f}"


def estimate(value: Estimate) -> str:
    """Returns an estimate with its interval, as far as there are any."""
    if not value.has_interval:
        return number(value.value)
    return f"{number(value.value)} ({number(value.low)} to {number(value.high)})"
