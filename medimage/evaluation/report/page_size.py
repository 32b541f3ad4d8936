"""How large a report may become, and what room it leaves for pictures."""

import math

from markupsafe import Markup

_LARGEST_PAGE = 5_000_000
"""Bytes of a page: what can still be sent by mail and opened on any computer."""

_MOST_PICTURES = 3_300_000
"""Bytes of pictures in a gallery, however much room there is: nobody looks at more."""

_SPARE = 100_000
"""Bytes for the words of the section that the pictures stand in."""

_WORDS = 400
"""Bytes of the words around each picture: address, alternative text, caption."""


def room_for_pictures(page: Markup) -> int:
    """Returns how many bytes the pictures of a gallery may take in a page.

    Args:
        page: The page with all but the gallery.
    """
    return max(0, min(_MOST_PICTURES, _LARGEST_PAGE - _SPARE - len(page.encode())))


def room_of(picture: bytes) -> int:
    """Returns how many bytes a picture takes in a page, in base 64 and with the words around it.

    Args:
        picture: Its file.
    """
    return 4 * math.ceil(len(picture) / 3) + _WORDS
