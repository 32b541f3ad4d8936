"""What of an explained image is drawn."""

from enum import StrEnum


class Layer(StrEnum):
    """What is drawn."""

    BOTH = "both"
    """The heat map over the image in grey, as RGB."""

    MAP = "map"
    """The heat map alone, as RGBA, to be laid over a picture of the whole image."""
