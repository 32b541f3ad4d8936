"""Fast decoding of the JPEG files that need nothing but decoding; Pillow decodes all others."""

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import ExifTags, Image

_COLOR_SPACES = {"L": ("GRAY", 1), "RGB": ("RGB", 3)}


def decode_plain_jpeg(image: Image.Image, data: bytes) -> NDArray[np.uint8] | None:
    """Decodes an upright, undamaged gray or RGB JPEG with libjpeg-turbo, straight into an array.

    The pixels are those that Pillow gives, which decodes with the same library and the same settings but copies
    every pixel twice more on the way.

    Args:
        image: The file as Pillow opened it; its pixels are not loaded.
        data: The whole file.

    Returns:
        uint8, shape [height, width, 1 or 3], C-contiguous. None where Pillow must decode: other formats and colours,
        an EXIF orientation, several images in one file, and anything that libjpeg so much as warns of. Whether such
        a file is too damaged is Pillow's to judge, so that it does not depend on this short cut.
    """
    if image.format != "JPEG" or image.mode not in _COLOR_SPACES:
        return None
    if image.getexif().get(ExifTags.Base.Orientation, 1) != 1:
        return None
    color_space, channels = _COLOR_SPACES[image.mode]
    pixels = np.empty((image.height, image.width, channels), dtype=np.uint8)
    try:
        # The buffer also bounds the memory: a stream that is larger than its header said is an error.
        decoded = simplejpeg.decode_jpeg(data, color_space, buffer=pixels, strict=True)
    except ValueError:
        return None
    return pixels if decoded.shape == pixels.shape else None
