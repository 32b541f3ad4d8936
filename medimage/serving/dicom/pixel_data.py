"""The pixel data of a DICOM file, told apart into frames."""

import io
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
from pydicom.encaps import generate_frames, parse_basic_offsets
from pydicom.uid import ExplicitVRBigEndian

from medimage.serving.dicom.dataset import DicomFile, damaged
from medimage.serving.dicom.header import PixelHeader
from medimage.serving.refusal import ImageRefusedError


@dataclass(frozen=True)
class EncodedFrames:
    """The encoded pixels of every frame: native samples without padding, or compressed streams.

    They are told apart once for all frames: to look for each anew would take a time that grows with their square.

    Attributes:
        frames: The pixels of each frame. Samples of one byte are in their own order, also where the file stores them
            in swapped pairs.
    """

    frames: Sequence[bytes | memoryview] = field(repr=False)

    @classmethod
    def read(cls, file: DicomFile, header: PixelHeader) -> "EncodedFrames":
        """Tells the frames of a file apart.

        Args:
            file: The file, read with its pixels.
            header: What it says about them.

        Raises:
            ImageRefusedError: If the file has no pixel data, or not as many as its header says.
        """
        data = read_pixel_data(file)
        if not header.is_native:
            return cls(_compressed_frames(file, data, header))
        in_words = file.dataset["PixelData"].VR == "OW"
        swapped = header.transfer_syntax == ExplicitVRBigEndian and header.bits_allocated == 8 and in_words
        return cls(_native_frames(data, header, swapped=swapped))

    def __getitem__(self, frame: int) -> bytes:
        """Returns the encoded pixels of a frame; the first has the index 0."""
        return bytes(self.frames[frame])


def read_pixel_data(file: DicomFile) -> bytes:
    """Returns the pixel data as they are stored, with whatever stands around and between the frames.

    Raises:
        ImageRefusedError: If there are none, or they cannot be read.
    """
    if "PixelData" not in file.dataset:
        raise damaged("it has no pixel data")
    try:
        data = file.dataset["PixelData"].value or b""
    except Exception as error:
        # As in read_dicom: pydicom raises many kinds of exceptions, here where the element's own type is damaged.
        raise damaged("its pixel data cannot be read") from error
    if not isinstance(data, bytes):
        raise damaged("its pixel data are not bytes")
    return data


def _native_frames(data: bytes, header: PixelHeader, *, swapped: bool) -> list[memoryview]:
    size = header.frame_bytes
    surplus = len(data) - size * header.frames
    # Some padding is common. Half a frame is not: then the header means other pixels than those that are there.
    if surplus < 0 or (surplus > 1 and 2 * surplus >= size):
        raise damaged(f"it has {len(data)} bytes of pixel data where its header says {size * header.frames}")
    if swapped:
        even = data + b"\x00" * (len(data) % 2)
        data = np.frombuffer(even, dtype=np.uint16).byteswap().tobytes()
    view = memoryview(data)
    return [view[frame * size : (frame + 1) * size] for frame in range(header.frames)]


def _compressed_frames(file: DicomFile, data: bytes, header: PixelHeader) -> list[bytes]:
    try:
        extended = _extended_offsets(file, len(data))
        offsets = len(parse_basic_offsets(io.BytesIO(data)))
        if offsets not in (0, header.frames):
            raise damaged(f"its compressed pixels are {offsets} frames where its header says {header.frames}")
        found = generate_frames(data, number_of_frames=header.frames, extended_offsets=extended)
        frames = list(islice(found, header.frames))
    except ImageRefusedError:
        raise
    except Exception as error:
        # As in read_dicom: pydicom raises many kinds of exceptions.
        raise damaged("its compressed pixels cannot be told apart") from error
    if len(frames) < header.frames:
        raise damaged(f"its compressed pixels are {len(frames)} frames where its header says {header.frames}")
    return frames


def _extended_offsets(file: DicomFile, available: int) -> tuple[bytes, bytes] | None:
    """Returns start and length of each frame as stored (PS3.3, C.7.6.3.1.8), or None where the file does not say."""
    if "ExtendedOffsetTable" not in file.dataset or "ExtendedOffsetTableLengths" not in file.dataset:
        return None
    offsets, lengths = file.dataset.ExtendedOffsetTable, file.dataset.ExtendedOffsetTableLengths
    # Frames that all are the whole file would take its size times their number.
    if sum(struct.unpack(f"<{len(lengths) // 8}Q", lengths)) > available:
        raise damaged("its compressed frames overlap")
    return offsets, lengths
