"""One image file as a source yields it."""

import hashlib
import io
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from PIL import Image

from medimage.data.box import Box
from medimage.serving.dicom.signature import is_dicom
from medimage.serving.image_file import FORMATS, open_image
from medimage.serving.refusal import ImageRefusedError, RefusalReason


@dataclass(frozen=True, kw_only=True)
class ImageRecord:
    """An encoded image with what its source knows about it.

    Attributes:
        name: Path of the file within its source, with forward slashes.
        encoded: The file's bytes.
        label: Class name.
        group: Patient, lesion or study; empty where the source does not know.
        origin: Hospital, scanner or collection; empty where the source does not know.
        given_split: `train`, `validation` or `test` where the source prescribes one, else empty.
        lesion_boxes: Known lesions, in pixels of the encoded image.
        metadata: What else is known, such as sex or age band, by name; empty values where it is not stated.
        image_id: SHA-256 of `encoded`, in hexadecimal.
    """

    name: str
    encoded: bytes
    label: str
    group: str = ""
    origin: str = ""
    given_split: str = ""
    lesion_boxes: tuple[Box, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    image_id: str = field(init=False)

    def __post_init__(self) -> None:
        if self.given_split not in ("", "train", "validation", "test"):
            raise ValueError(
                f"Expected given_split to be one of '', 'train', 'validation', 'test' but got {self.given_split!r}"
            )
        object.__setattr__(self, "image_id", hashlib.sha256(self.encoded).hexdigest())


@dataclass(frozen=True)
class ImageHeader:
    """What the first bytes of a file say, without decoding its pixels.

    Attributes:
        width: Width in pixels; 0 where the file is not a readable image.
        height: Height in pixels; 0 where the file is not a readable image.
        mode: Pillow's mode, such as `L` or `RGB`; `L` for DICOM in gray, `RGB` for DICOM in color; empty where the
            file is not a readable image.
    """

    width: int
    height: int
    mode: str


def read_header(encoded: bytes) -> ImageHeader:
    """Reads size and mode, also of an image that is too large to be decoded.

    A file that is not an image gives zeros, for the audit to report; so does a WebP of more pixels than Pillow allows,
    about 179 million, which does not tell its size then.
    """
    if is_dicom(encoded):
        return _read_dicom_header(encoded)
    try:
        with open_image(encoded) as image:
            return ImageHeader(image.width, image.height, image.mode)
    except ImageRefusedError as refusal:
        too_large = refusal.reason is RefusalReason.TOO_MANY_PIXELS
        return _header_beyond_the_limit(encoded) if too_large else ImageHeader(0, 0, "")


def _header_beyond_the_limit(encoded: bytes) -> ImageHeader:
    """Returns size and mode of an image that Pillow refuses to open for its size, which it does not tell then."""
    for name in FORMATS:
        read, accepts = Image.OPEN[name]
        if accepts is not None and accepts(encoded[:16]) is True:
            # The readers of formats decode no pixel yet, and all but that of WebP do not ask how many there are.
            with suppress(Image.DecompressionBombError), read(io.BytesIO(encoded), "") as image:
                return ImageHeader(image.width, image.height, image.mode)
    return ImageHeader(0, 0, "")


def _read_dicom_header(encoded: bytes) -> ImageHeader:
    from medimage.serving.dicom.decode import dicom_size  # noqa: PLC0415 - takes half a second, and most data have none

    try:
        width, height, samples = dicom_size(encoded)
    except ImageRefusedError:
        return ImageHeader(0, 0, "")
    return ImageHeader(width, height, "L" if samples == 1 else "RGB")
