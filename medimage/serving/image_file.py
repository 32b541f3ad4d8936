"""Opening an image file with Pillow, which is kept from guessing formats and from printing."""

import io
import logging
import warnings

from PIL import Image

from medimage.serving.image_limits import MAXIMUM_PIXELS
from medimage.serving.quiet_libtiff import silence_libtiff
from medimage.serving.refusal import ImageRefusedError, RefusalReason

FORMATS = ("PNG", "JPEG", "TIFF", "WEBP", "BMP")
"""What Pillow may take a file for. Its readers of other formats are never let at a file."""

_SIGNATURES = (
    (0, b"\x89PNG\r\n\x1a\n"),
    (0, b"\xff\xd8\xff"),
    (0, b"II*\x00"),
    (0, b"MM\x00*"),
    (0, b"II+\x00"),
    (0, b"MM\x00+"),
    (8, b"WEBP"),
    (0, b"BM"),
)

# Pillow warns where this module refuses or where a harmless tag is odd. `warnings.catch_warnings` is not safe with
# threads, and serving decodes in several: hence a filter for Pillow's own modules, set once.
warnings.filterwarnings("ignore", module=r"PIL(\.|$)")
# Without any handler, Python prints Pillow's log of damaged files to standard error.
logging.getLogger("PIL").addHandler(logging.NullHandler())
silence_libtiff()


def open_image(data: bytes) -> Image.Image:
    """Opens a file by its content; no pixel is decoded yet.

    Raises:
        ImageRefusedError: If it is none of `FORMATS`, damaged, or its header tells of more pixels than Pillow allows.
    """
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError as error:
        if _has_negative_width(data):
            raise damaged() from error
        raise ImageRefusedError(
            RefusalReason.TOO_MANY_PIXELS,
            f"The image has more than {MAXIMUM_PIXELS // 1_000_000} megapixels; send a smaller one.",
        ) from error
    except Exception as error:
        # Header parsers raise many kinds of exceptions, as decoders do.
        if any(data.startswith(signature, offset) for offset, signature in _SIGNATURES):
            raise damaged() from error
        raise ImageRefusedError(
            RefusalReason.NOT_AN_IMAGE, "The file is not an image in PNG, JPEG, TIFF, WebP, BMP or DICOM format."
        ) from error


def _has_negative_width(data: bytes) -> bool:
    """Returns whether a BMP says so, which Pillow takes for a width of billions."""
    return data.startswith(b"BM") and int.from_bytes(data[18:22], "little", signed=True) < 0


def damaged() -> ImageRefusedError:
    """Returns the error for a file that begins as an image does and cannot be decoded."""
    return ImageRefusedError(
        RefusalReason.DAMAGED, "The image is damaged or cut short and cannot be decoded; send the original file."
    )
