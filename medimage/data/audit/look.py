"""What the audit takes from one image file: a reason to leave it out, or its numbers and its thumbnail."""

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

from medimage.data.audit.exclusion import Exclusion, ExclusionCategory
from medimage.data.audit.thumbnail import THUMBNAIL_SIDE, thumbnails
from medimage.serving.color_mode import ColorMode
from medimage.serving.image_file import FORMATS
from medimage.serving.preprocessing import decode_with_warning
from medimage.serving.refusal import ImageRefusedError, RefusalReason

_BLANK_STANDARD_DEVIATION = 1.0
"""Below one gray level of spread there is nothing to see: a failed exposure or a placeholder."""

_COLOUR_LEVELS = 8.0
"""Mean difference of the channels, in gray levels, from which an image shows colour: JPEG tints gray by less."""

_CATEGORIES = {
    RefusalReason.EMPTY: ExclusionCategory.EMPTY,
    RefusalReason.NOT_AN_IMAGE: ExclusionCategory.NOT_AN_IMAGE,
    RefusalReason.DAMAGED: ExclusionCategory.DAMAGED,
    RefusalReason.SEVERAL_FRAMES: ExclusionCategory.SEVERAL_FRAMES,
    RefusalReason.UNSUPPORTED_ENCODING: ExclusionCategory.UNSUPPORTED_ENCODING,
    RefusalReason.TRANSPARENT: ExclusionCategory.TRANSPARENT,
    RefusalReason.TOO_MANY_PIXELS: ExclusionCategory.TOO_LARGE,
    RefusalReason.TOO_SMALL: ExclusionCategory.TOO_SMALL,
}
_OTHER_COLOURS = frozenset({"CMYK", "YCbCr", "LAB", "HSV"})
_MODES_WITHOUT_COLOUR = frozenset({"1", "L", "LA"})
_TURNED = range(2, 9)
"""EXIF orientations by which pixels are turned or mirrored; 1 is upright, others mean nothing."""


@dataclass(frozen=True, kw_only=True)
class Intensities:
    """Gray levels of a decoded image, 0 to 255; NaN where it could not be decoded.

    Attributes:
        mean: Mean.
        std: Standard deviation.
        low: 1st percentile.
        high: 99th percentile.
    """

    mean: float
    std: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Look:
    """What one image file gave.

    Attributes:
        exclusion: Why it cannot be used by itself, or None. Whether it repeats another one is not known yet.
        intensities: Its gray levels.
        traits: What is accepted and worth telling: `palette`, `alpha`, `rotated`, `colour`.
        thumbnail: float32, shape [1024]: the foreground; see `thumbnails`. All zeros where excluded.
        frame: uint8, shape [1024]: the whole image, likewise.
        warning: What the decoder warned of though the file can be used, in its words; empty where nothing.
    """

    exclusion: Exclusion | None
    intensities: Intensities
    traits: frozenset[str]
    thumbnail: NDArray[np.float32]
    frame: NDArray[np.uint8]
    warning: str = ""


_UNKNOWN = Intensities(mean=np.nan, std=np.nan, low=np.nan, high=np.nan)
_NO_THUMBNAILS = np.zeros(THUMBNAIL_SIDE**2, dtype=np.float32), np.zeros(THUMBNAIL_SIDE**2, dtype=np.uint8)


def look_at(encoded: bytes, *, color_mode: ColorMode, maximum_aspect_ratio: float) -> Look:
    """Decodes one file and takes from it what the audit needs. It never raises for what a file holds.

    Args:
        encoded: The file's bytes.
        color_mode: How images will be decoded for training; what cannot be decoded so is excluded.
        maximum_aspect_ratio: A longer side of more than so many times the shorter one is excluded.
    """
    mode, traits = _described(encoded)
    # Whether a file shows colour can only be seen before it becomes gray, which is then one conversion more.
    decode_as = "gray" if color_mode == "gray" and mode in _MODES_WITHOUT_COLOUR else "rgb"
    try:
        decoded = decode_with_warning(encoded, color_mode=decode_as)
    except ImageRefusedError as error:
        return Look(
            exclusion=_refused(error, mode),
            intensities=_UNKNOWN,
            traits=frozenset(),
            thumbnail=_NO_THUMBNAILS[0],
            frame=_NO_THUMBNAILS[1],
        )
    pixels = decoded.pixels
    image = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    channels = [_intensities(one) for one in np.asarray(image.histogram(), dtype=np.int64).reshape(-1, 256)]
    gray = image.convert("L")
    intensities = channels[0] if len(channels) == 1 else _intensities(np.asarray(gray.histogram(), dtype=np.int64))
    exclusion = _shape_or_blank(image.size, channels, maximum_aspect_ratio)
    foreground, frame = _NO_THUMBNAILS if exclusion else thumbnails(np.asarray(gray))
    return Look(
        exclusion=exclusion,
        intensities=intensities,
        traits=traits | {"colour"} if _shows_colour(image) else traits,
        thumbnail=foreground,
        frame=frame,
        warning=decoded.warning,
    )


def _refused(error: ImageRefusedError, mode: str) -> Exclusion:
    category = _CATEGORIES.get(error.reason, ExclusionCategory.UNREADABLE)
    if error.reason is RefusalReason.UNSUPPORTED_PIXELS:
        other_colours = mode in _OTHER_COLOURS
        category = ExclusionCategory.UNSUPPORTED_COLOURS if other_colours else ExclusionCategory.DEEP_SAMPLES
    return Exclusion(category=category, words=str(error))


def _shape_or_blank(
    size: tuple[int, int], channels: list[Intensities], maximum_aspect_ratio: float
) -> Exclusion | None:
    longer, shorter = max(size), min(size)
    if longer > maximum_aspect_ratio * shorter:
        return Exclusion(
            category=ExclusionCategory.EXTREME_SHAPE,
            words=f"{size[0]} x {size[1]} pixels, more than {maximum_aspect_ratio:g} to 1",
        )
    if max(channel.std for channel in channels) < _BLANK_STANDARD_DEVIATION:
        level = np.mean([channel.mean for channel in channels])
        return Exclusion(category=ExclusionCategory.BLANK, words=f"all pixels are about {level:.0f}")
    return None


def _intensities(histogram: NDArray[np.int64]) -> Intensities:
    """Computes from a histogram what the pixels themselves would give."""
    levels, total = np.arange(256), int(histogram.sum())
    mean = float(histogram @ levels) / total
    variance = float(histogram @ (levels - mean) ** 2) / total
    # The smallest level that so many pixels do not exceed.
    low, high = np.searchsorted(np.cumsum(histogram), (0.01 * total, 0.99 * total))
    return Intensities(mean=mean, std=variance**0.5, low=float(low), high=float(high))


def _described(encoded: bytes) -> tuple[str, frozenset[str]]:
    """Returns Pillow's mode of a file and what its header says that is worth telling; nothing where it is no image."""
    traits = set()
    try:
        with Image.open(io.BytesIO(encoded), formats=FORMATS) as file:
            if file.mode in ("P", "PA"):
                traits.add("palette")
            if file.mode in ("LA", "PA", "RGBA") or "transparency" in file.info:
                traits.add("alpha")
            if file.getexif().get(ExifTags.Base.Orientation) in _TURNED:
                traits.add("rotated")
            return file.mode, frozenset(traits)
    except Exception:
        # Pillow's readers raise almost any exception on damaged files. What is wrong with this one, decoding tells.
        return "", frozenset()


def _shows_colour(image: Image.Image) -> bool:
    if image.mode != "RGB":
        return False
    small = np.asarray(image.resize((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.BOX), dtype=np.int16)
    return float((small.max(axis=2) - small.min(axis=2)).mean()) > _COLOUR_LEVELS
