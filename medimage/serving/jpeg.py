"""Fast decoding of JPEG files, and what the decoder warns of; Pillow decodes those that are not as they should be.

libjpeg ends no file early for what is wrong with its data: it warns, fills what is missing with gray or with what
comes next, and goes on. Pillow drops its warnings. Here they are read.
"""

import re
from dataclasses import dataclass

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image

from medimage.serving.image_file import damaged
from medimage.serving.jpeg_scans import without_asides

_COLOR_SPACES = {"L": ("GRAY", 1), "RGB": ("RGB", 3)}

_LACKING = re.compile(
    r"Premature end|Corrupt JPEG data: (?!\d+ extraneous bytes before marker 0xd9|bad ICC)", re.IGNORECASE
)
"""What libjpeg says of scans that lack data. Bytes after the last pixel, before the end of the image, are harmless."""


@dataclass(frozen=True, kw_only=True)
class DecodedJpeg:
    """What libjpeg gave for a file.

    Attributes:
        pixels: uint8, shape [height, width, 1 or 3], C-contiguous, not turned; None where Pillow must decode.
        warning: What libjpeg warned of, in its words; empty where nothing is wrong, or where it was not asked.
    """

    pixels: NDArray[np.uint8] | None
    warning: str = ""


def decode_plain_jpeg(image: Image.Image, data: bytes) -> DecodedJpeg:
    """Decodes a gray or RGB JPEG with libjpeg-turbo, straight into an array.

    The pixels are those that Pillow gives, which decodes with the same library and the same settings but copies
    every pixel twice more on the way. A file that is whole is decoded once; one that libjpeg warns of is decoded again
    by Pillow, so that whether it can be decoded at all does not depend on this short cut.

    What is refused here is what cannot be an image of all its rows: data that end before the last pixel, and data
    between two scans or restart markers that are not used up, which means that something before was lost or changed.
    Changed data that happen to use up as many bytes as the right ones cannot be told from them: JPEG has no checksum.
    Nor can those that use up fewer, such as zeros where zeros are a short code, from a whole image with more behind it:
    bytes left before the end of the image are warned of, and the image stays.

    Args:
        image: The file as Pillow opened it; its pixels are not loaded.
        data: The whole file.

    Raises:
        ImageRefusedError: If pixels are missing.
    """
    if image.format != "JPEG" or image.mode not in _COLOR_SPACES:
        return DecodedJpeg(pixels=None)
    color_space, channels = _COLOR_SPACES[image.mode]
    pixels = np.empty((image.height, image.width, channels), dtype=np.uint8)
    try:
        # The buffer also bounds the memory: a stream that is larger than its header said is an error.
        decoded = simplejpeg.decode_jpeg(data, color_space, buffer=pixels, strict=True)
    except ValueError as error:
        warning = str(error)
    else:
        if decoded.shape == pixels.shape:
            return DecodedJpeg(pixels=pixels)
        warning = "The header names another size than that of the pixels"
    if _scans_lack_data(data, pixels, color_space):
        raise damaged()
    return DecodedJpeg(pixels=None, warning=warning)


def _scans_lack_data(data: bytes, pixels: NDArray[np.uint8], color_space: str) -> bool:
    """Decodes once more, with nothing beside the scans to warn of, because libjpeg tells only its first warning."""
    try:
        simplejpeg.decode_jpeg(without_asides(data), color_space, buffer=pixels, strict=True)
    except ValueError as error:
        # What is no warning but an error is for Pillow to judge.
        return _LACKING.search(str(error)) is not None
    return False
