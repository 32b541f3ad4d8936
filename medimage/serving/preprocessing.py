"""The one definition of decoding and resizing an image, for training and for serving alike.

What a network learnt from and what it is asked about must be the same function of the file's bytes. So every image of
the project passes through here, and nothing here depends on anything but NumPy, Pillow, simplejpeg and pydicom.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps

from medimage.serving.color_mode import ColorMode, channels_of
from medimage.serving.dicom.signature import is_dicom
from medimage.serving.image_content import opaque_image, refuse_deep_samples, refuse_several_frames
from medimage.serving.image_file import damaged, open_image
from medimage.serving.image_limits import MAXIMUM_PIXELS, MINIMUM_SIDE, refuse_extreme_size
from medimage.serving.jpeg import decode_plain_jpeg
from medimage.serving.png import refuse_missing_rows
from medimage.serving.refusal import ImageRefusedError, RefusalReason

__all__ = [
    "MAXIMUM_PIXELS",
    "MINIMUM_SIDE",
    "PREPROCESSING_VERSION",
    "DecodedImage",
    "ImageRefusedError",
    "RefusalReason",
    "decode_image",
    "decode_with_warning",
    "prepare_image",
    "resize_image",
]

PREPROCESSING_VERSION = "1"
"""Changes whenever the same bytes would give other pixels; a served model refuses to start under another version.

It stays where more damaged files are refused: every file that still has pixels has the same ones, so that models and
pixels that are stored remain right."""


def decode_image(data: bytes, *, color_mode: ColorMode) -> NDArray[np.uint8]:
    """Decodes a PNG, JPEG, TIFF, WebP or BMP file with 8 or fewer bits per sample, or a DICOM file.

    A DICOM file with one frame, of up to 16 bits, is shown as `medimage.serving.dicom.decode.decode_dicom` says; what
    follows is about the other formats.

    The EXIF orientation is applied. Palettes are resolved. RGB becomes gray by ITU-R BT.601 luma (Pillow's `L`);
    gray becomes RGB by repetition. Colour profiles are not applied: scanners and the data sets made from them hold
    plain sample values.

    An alpha channel is dropped where every pixel is opaque, and refused where one is not: what shows through a
    transparent pixel is undefined, and any choice of background would invent pixels. Samples with more than 8 bits
    are refused as well, because their window is not in the file.

    What is damaged is refused where the decoder or the file's own sizes and checksums tell. A JPEG is refused where its
    data end, or do not fit, before the last pixel; see `decode_plain_jpeg`. What nothing in a file tells is decoded: a
    BMP, an uncompressed TIFF or a lossy WebP of the right length of which a part is overwritten, and a JPEG
    inside a TIFF.

    Args:
        data: The whole file.
        color_mode: `gray` for one channel, `rgb` for three.

    Returns:
        uint8, shape [height, width, channels], values 0 to 255, C-contiguous.

    Raises:
        ImageRefusedError: If the file is empty, not one of the formats, damaged, animated or of several pages, has
            samples of more than 8 bits, CMYK or other colours, transparent pixels, fewer than `MINIMUM_SIDE` pixels
            on a side or more than `MAXIMUM_PIXELS` in all. The size is read from the header, before any pixel.
    """
    return decode_with_warning(data, color_mode=color_mode).pixels


@dataclass(frozen=True, kw_only=True)
class DecodedImage:
    """A decoded file.

    Attributes:
        pixels: As `decode_image` returns them.
        warning: What the decoder warned of though it gave every pixel, in its words; empty where nothing.
    """

    pixels: NDArray[np.uint8]
    warning: str = ""


def decode_with_warning(data: bytes, *, color_mode: ColorMode) -> DecodedImage:
    """Decodes as `decode_image` does, which drops the warning.

    Raises:
        ImageRefusedError: As `decode_image`.
    """
    if not data:
        raise ImageRefusedError(RefusalReason.EMPTY, "The file is empty.")
    if is_dicom(data):
        return DecodedImage(pixels=_decode_dicom(data, color_mode))
    with open_image(data) as image:
        refuse_extreme_size(width=image.width, height=image.height)
        try:
            refuse_several_frames(image)
            refuse_deep_samples(image, data)
            jpeg = decode_plain_jpeg(image, data)
            if jpeg.pixels is None:
                image.load()
                refuse_missing_rows(image, data)
                ImageOps.exif_transpose(image, in_place=True)
                opaque = opaque_image(image)
            else:
                turned = image.getexif().get(ExifTags.Base.Orientation, 1)
                if turned == 1 and jpeg.pixels.shape[2] == channels_of(color_mode):
                    return DecodedImage(pixels=jpeg.pixels)
                opaque = _as_image(jpeg.pixels)
                opaque.getexif()[ExifTags.Base.Orientation] = turned
                ImageOps.exif_transpose(opaque, in_place=True)
            pixels = np.asarray(opaque.convert("L" if color_mode == "gray" else "RGB"))
        except ImageRefusedError:
            raise
        except Exception as error:
            # Pillow's decoders raise almost any exception on damaged input, from SyntaxError to struct.error.
            raise damaged() from error
    return DecodedImage(pixels=np.ascontiguousarray(pixels.reshape(*pixels.shape[:2], -1)), warning=jpeg.warning)


def _decode_dicom(data: bytes, color_mode: ColorMode) -> NDArray[np.uint8]:
    from medimage.serving.dicom.decode import decode_dicom  # noqa: PLC0415 - takes half a second, and most data have none

    pixels = decode_dicom(data)
    if color_mode == "gray" and pixels.shape[2] == 3:
        return np.asarray(Image.fromarray(pixels).convert("L"))[:, :, np.newaxis]
    return np.repeat(pixels, 3, axis=2) if color_mode == "rgb" and pixels.shape[2] == 1 else pixels


def resize_image(pixels: NDArray[np.uint8], *, size: int) -> NDArray[np.uint8]:
    """Resizes the whole image to a square with Pillow's antialiased bilinear filter.

    Nothing is cropped, because a lesion may lie at the edge; the aspect ratio is therefore not kept.

    Args:
        pixels: uint8, shape [height, width, 1 or 3].
        size: Height and width of the result, in pixels.

    Returns:
        uint8, shape [size, size, channels], C-contiguous.

    Raises:
        ValueError: If `pixels` has another type or shape, or `size` is below 1.
    """
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] not in (1, 3):
        raise ValueError(
            f"Expected pixels as uint8 [height, width, 1 or 3] but got {pixels.dtype} {list(pixels.shape)}"
        )
    if size < 1:
        raise ValueError(f"Expected size to be at least 1 but got {size}")
    resized = np.asarray(_as_image(pixels).resize((size, size), Image.Resampling.BILINEAR))
    return np.ascontiguousarray(resized.reshape(size, size, pixels.shape[2]))


def prepare_image(data: bytes, *, color_mode: ColorMode, size: int) -> NDArray[np.uint8]:
    """Decodes and resizes: from a file's bytes to the input of a network.

    Returns:
        uint8, shape [size, size, channels].

    Raises:
        ImageRefusedError: As `decode_image`.
    """
    return resize_image(decode_image(data, color_mode=color_mode), size=size)


def _as_image(pixels: NDArray[np.uint8]) -> Image.Image:
    return Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
