"""How large and how small an image may be, told by its header before any pixel is decoded."""

from medimage.serving.refusal import ImageRefusedError, RefusalReason

MAXIMUM_PIXELS = 64_000_000
"""Largest width times height. The largest detectors in use (mammography) stay below 30 megapixels."""

MINIMUM_SIDE = 16
"""Smallest width and height, in pixels: below it there is nothing to diagnose."""


def refuse_extreme_size(*, width: int, height: int) -> None:
    """Refuses an image that is too large to decode or too small to mean anything.

    Raises:
        ImageRefusedError: If the image has more than `MAXIMUM_PIXELS`, or fewer than `MINIMUM_SIDE` on a side.
    """
    if width * height > MAXIMUM_PIXELS:
        raise ImageRefusedError(
            RefusalReason.TOO_MANY_PIXELS,
            f"The image has {width} x {height} pixels, more than {MAXIMUM_PIXELS // 1_000_000} megapixels; "
            "send a smaller one.",
        )
    if min(width, height) < MINIMUM_SIDE:
        raise ImageRefusedError(
            RefusalReason.TOO_SMALL,
            f"The image has {width} x {height} pixels; each side needs at least {MINIMUM_SIDE}.",
        )
