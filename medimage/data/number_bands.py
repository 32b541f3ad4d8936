"""Numbers in words of metadata, and the bands that they are put into."""

import math
import re
from collections.abc import Sequence

_AGE = re.compile(r"(\d{1,3})\s?([DWMY])", re.IGNORECASE)
"""An age as DICOM writes it (PS3.5, section 6.2, value representation AS); zeros in front may be missing."""

_YEARS = {"D": 1 / 365.25, "W": 7 / 365.25, "M": 1 / 12, "Y": 1.0}


def number_in(text: str) -> float | None:
    """Returns the number that a text is, a DICOM age such as `045Y` or `006M` in years, or None where it is none.

    Args:
        text: What stands in a cell or an element.
    """
    age = _AGE.fullmatch(text)
    if age is not None:
        return int(age[1]) * _YEARS[age[2].upper()]
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def band_of(number: float, limits: Sequence[float]) -> str | None:
    """Returns the band that a number belongs to, such as `18 to below 40`, or None where it is below all.

    Args:
        number: The number.
        limits: Lower limits of the bands, rising; the last band is open.
    """
    place = sum(number >= limit for limit in limits) - 1
    if place < 0:
        return None
    if place == len(limits) - 1:
        return f"{limits[place]:g} and above"
    return f"{limits[place]:g} to below {limits[place + 1]:g}"
