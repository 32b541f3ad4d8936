"""From the bytes of a DICOM file to its attributes, or the reason why they cannot be read."""

import errno
import io
import logging
import warnings
import zlib
from dataclasses import dataclass
from typing import BinaryIO

from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset
from pydicom.tag import BaseTag
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian

from medimage.serving.dicom.signature import SIGNATURE_END, is_dicom
from medimage.serving.image_limits import MAXIMUM_PIXELS
from medimage.serving.refusal import ImageRefusedError, RefusalReason

_META_GROUP = 0x0002
PIXEL_GROUP = 0x7FE0
"""Group of the pixel data, and of what tells their frames apart. Everything that the header says comes before."""

_UNDEFINED_LENGTH = 0xFFFFFFFF

_MAXIMUM_INFLATED_BYTES = 2 * MAXIMUM_PIXELS
"""As much as the largest gray image of 16 bits. Whoever deflates larger ones can send them as they are."""

# pydicom tells of odd values in warnings and in its log, with the values: patients' names among them. Whoever set up
# logging would get them. `warnings.catch_warnings` is not safe with threads, hence a filter for these modules.
warnings.filterwarnings("ignore", module=r"(pydicom|pylibjpeg|openjpeg)(\.|$)")
for _library in ("pydicom", "pylibjpeg", "openjpeg"):
    logging.getLogger(_library).setLevel(logging.CRITICAL + 1)


@dataclass(frozen=True)
class DicomFile:
    """The attributes of a DICOM file.

    Attributes:
        dataset: The data set, whose values pydicom converts when they are asked for.
        transfer_syntax: How the data set is encoded; a deflated one is inflated already.
        size: Bytes of the encoded data set, inflated, whether its pixels have been read or not.
        kind: Kind of object that the file holds, as its first elements name it; None where they do not.
        is_cut_short: Whether the file ends within an element before the pixel data.
    """

    dataset: Dataset
    transfer_syntax: UID
    size: int
    kind: UID | None
    is_cut_short: bool


def damaged(what: str) -> ImageRefusedError:
    """Returns the refusal of a DICOM file that contradicts itself or is cut short.

    Args:
        what: What is wrong, as a clause without a stop. It must not repeat text of the file.
    """
    return ImageRefusedError(RefusalReason.DAMAGED, f"The DICOM file is damaged: {what}; send the original file.")


def unsupported(what: str) -> ImageRefusedError:
    """Returns the refusal of a DICOM file whose pixels would have to be guessed.

    Args:
        what: What came and what is expected, as sentences. They must not repeat text of the file.
    """
    return ImageRefusedError(RefusalReason.UNSUPPORTED_ENCODING, what)


def read_dicom(stream: BinaryIO, *, with_pixels: bool = True) -> DicomFile:
    """Reads the attributes of a DICOM file.

    Args:
        stream: The file, at its beginning.
        with_pixels: Read the pixel data too, or stop before them.

    Raises:
        ImageRefusedError: If the file has no signature, cannot be read, or does not name a known transfer syntax.
        OSError: If the stream cannot be read.
    """
    if not is_dicom(stream.read(SIGNATURE_END)):
        raise ImageRefusedError(
            RefusalReason.NOT_AN_IMAGE, "The file is not a DICOM file: DICM does not stand after its first 128 bytes."
        )
    try:
        meta = read_dataset(stream, is_implicit_VR=False, is_little_endian=True, stop_when=_after_meta)
        syntax, kind = _known_syntax(meta), meta.get("MediaStorageSOPClassUID")
        if syntax == DeflatedExplicitVRLittleEndian:
            stream, syntax = io.BytesIO(_inflate(stream.read())), ExplicitVRLittleEndian
        start = stream.tell()
        size = stream.seek(0, io.SEEK_END) - start
        stream.seek(start)
        dataset = read_dataset(
            stream,
            is_implicit_VR=syntax.is_implicit_VR,
            is_little_endian=syntax.is_little_endian,
            stop_when=None if with_pixels else _at_pixels,
        )
    except ImageRefusedError:
        raise
    except Exception as error:
        # A damaged length that leads to before the file's beginning is an invalid argument to the system. Where a
        # sequence is cut short, pydicom raises an OSError of its own, which has no number.
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise
        # On damaged input pydicom raises almost any exception, from struct.error to RecursionError.
        raise damaged("its elements cannot be read") from error
    if not dataset:
        # Where the end is missing of something of undefined length, pydicom drops all that it has read.
        raise damaged("it is cut short")
    dataset.set_original_encoding(syntax.is_implicit_VR, syntax.is_little_endian)
    return DicomFile(
        dataset, syntax, size, kind=kind if isinstance(kind, UID) else None, is_cut_short=_is_cut_short(dataset)
    )


def _after_meta(tag: BaseTag, _vr: str | None, _length: int) -> bool:
    return tag.group != _META_GROUP


def _at_pixels(tag: BaseTag, _vr: str | None, _length: int) -> bool:
    return tag.group >= PIXEL_GROUP


def _is_cut_short(dataset: Dataset) -> bool:
    """Whether an element before the pixel data has less than its length: pydicom takes what is there for its value.

    Pixels that are cut short are told apart later, with their number.
    """
    for tag in dataset.keys():  # noqa: SIM118 - a data set itself goes through converted elements
        element = dataset.get_item(tag, keep_deferred=True)
        if not isinstance(element, RawDataElement) or tag.group >= PIXEL_GROUP:
            continue
        if element.length != _UNDEFINED_LENGTH and len(element.value or b"") < element.length:
            return True
    return False


def _known_syntax(meta: Dataset) -> UID:
    """Returns the transfer syntax, which says how everything that follows is encoded (PS3.10, 7.1)."""
    value = meta.get("TransferSyntaxUID")
    if not isinstance(value, UID) or not value:
        raise damaged("it does not say how it is encoded (transfer syntax)")
    # Private ones are not in the dictionary, and nobody else knows how they encode.
    if value.name == str(value) or not value.is_transfer_syntax:
        raise unsupported("The DICOM file has a transfer syntax that is not in the DICOM standard; send it in another.")
    return value


def _inflate(deflated: bytes) -> bytes:
    """Inflates a data set (PS3.5, A.5), up to a limit: a few kilobytes can hold gigabytes of zeros."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    inflated = inflater.decompress(deflated, _MAXIMUM_INFLATED_BYTES)
    if inflater.unconsumed_tail:
        raise ImageRefusedError(
            RefusalReason.TOO_MANY_PIXELS,
            f"The DICOM file has more than {_MAXIMUM_INFLATED_BYTES // 10**6} MB when inflated; send a smaller one.",
        )
    if not inflater.eof:
        raise damaged("its deflated data set is cut short")
    return inflated
