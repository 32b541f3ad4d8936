"""Whether images have colours."""

from typing import Literal

ColorMode = Literal["gray", "rgb"]


def channels_of(color_mode: ColorMode) -> Literal[1, 3]:
    """Returns the number of channels of an image's array."""
    return 1 if color_mode == "gray" else 3
