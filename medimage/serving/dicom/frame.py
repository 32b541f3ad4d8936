"""One frame of a DICOM file: its encoded bytes, and the values they stand for."""

import io
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.encaps import encapsulate, get_frame, parse_basic_offsets
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.processing import convert_color_space
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    ExplicitVRBigEndian,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from medimage.serving.dicom.codestream import check_codestream
from medimage.serving.dicom.dataset import DicomFile, damaged, unsupported
from medimage.serving.dicom.header import PixelHeader
from medimage.serving.dicom.run_length import decode_rle
from medimage.serving.refusal import ImageRefusedError

_DECODERS = {
    JPEGBaseline8Bit: "pillow",
    JPEGExtended12Bit: "pillow",
    JPEGLossless: "gdcm",
    JPEGLosslessSV1: "gdcm",
    JPEGLSLossless: "gdcm",
    JPEGLSNearLossless: "gdcm",
    JPEG2000Lossless: "pylibjpeg",
    JPEG2000: "pylibjpeg",
    HTJ2KLossless: "pylibjpeg",
    HTJ2KLosslessRPCL: "pylibjpeg",
    HTJ2K: "pylibjpeg",
}
"""One plugin of pydicom for each: two of them may round differently, and training and serving must see the same."""

with suppress(ImportError):
    import gdcm

    # GDCM writes to standard error by itself, past Python's log.
    for _silence in (gdcm.Trace.DebugOff, gdcm.Trace.WarningOff, gdcm.Trace.ErrorOff):
        _silence()


def frame_bytes(file: DicomFile, header: PixelHeader, *, frame: int) -> bytes:
    """Returns the encoded pixels of one frame: the native samples without padding, or the compressed stream.

    Samples of one byte come in their own order, also where the file stores them in swapped pairs.

    Args:
        file: The file, read with its pixels.
        header: What it says about them.
        frame: Index of the frame, from 0.

    Raises:
        ImageRefusedError: If the file has no pixel data, or not as many as its header says.
    """
    if "PixelData" not in file.dataset:
        raise damaged("it has no pixel data")
    element = file.dataset["PixelData"]
    data = element.value or b""
    if not isinstance(data, bytes):
        raise damaged("its pixel data are not bytes")
    if not header.is_native:
        return _encapsulated_frame(file, data, header, frame)
    expected, surplus = header.frame_bytes * header.frames, len(data) - header.frame_bytes * header.frames
    # Some padding is common. Half a frame is not: then the header means other pixels than those that are there.
    if surplus < 0 or (surplus > 1 and 2 * surplus >= header.frame_bytes):
        raise damaged(f"it has {len(data)} bytes of pixel data where its header says {expected}")
    if header.transfer_syntax == ExplicitVRBigEndian and header.bits_allocated == 8 and element.VR == "OW":
        even = data + b"\x00" * (len(data) % 2)
        data = np.frombuffer(even, dtype=np.uint16).byteswap().tobytes()
    return data[frame * header.frame_bytes : (frame + 1) * header.frame_bytes]


def _encapsulated_frame(file: DicomFile, data: bytes, header: PixelHeader, frame: int) -> bytes:
    extended: Any = None
    if "ExtendedOffsetTable" in file.dataset and "ExtendedOffsetTableLengths" in file.dataset:
        extended = (file.dataset.ExtendedOffsetTable, file.dataset.ExtendedOffsetTableLengths)
    try:
        offsets = len(parse_basic_offsets(io.BytesIO(data)))
        if offsets not in (0, header.frames):
            raise damaged(f"its compressed pixels are {offsets} frames where its header says {header.frames}")
        return get_frame(data, frame, number_of_frames=header.frames, extended_offsets=extended)
    except ImageRefusedError:
        raise
    except Exception as error:
        # As in read_dicom: pydicom raises many kinds of exceptions.
        raise damaged("its compressed pixels cannot be told apart") from error


def decode_frame(frame: bytes, header: PixelHeader) -> NDArray[Any]:
    """Decodes one frame of `frame_bytes`.

    Returns:
        Whole numbers, shape [rows, columns, samples]. One sample: the stored values, with their sign. Three: red,
        green and blue, from 0 to `2 ** bits_stored - 1`.

    Raises:
        ImageRefusedError: If the frame is damaged, or no decoder for it is installed.
    """
    if header.is_native:
        samples = _stored(_native(frame, header), header)
    elif header.transfer_syntax == RLELossless:
        samples = _stored(decode_rle(frame, header), header)
    else:
        return _decompress(frame, header)
    if header.photometric.startswith("YBR"):
        return convert_color_space(samples.astype(np.uint8), header.photometric, "RGB")
    return samples


def _native(frame: bytes, header: PixelHeader) -> NDArray[Any]:
    order = "<" if header.transfer_syntax.is_little_endian else ">"
    values = np.frombuffer(frame, dtype=f"{order}u{header.bits_allocated // 8}")
    if header.photometric == "YBR_FULL_422":
        # Two pixels share their colors: Y Y Cb Cr (PS3.3, C.7.6.3.1.2).
        pairs = values.reshape(-1, 4)
        shared = np.repeat(pairs[:, 2:], 2, axis=0)
        values = np.concatenate([pairs[:, :2].reshape(-1, 1), shared], axis=1)
    if header.planar:
        return values.reshape(3, header.rows, header.columns).transpose(1, 2, 0)
    return values.reshape(header.rows, header.columns, header.samples)


def _stored(values: NDArray[Any], header: PixelHeader) -> NDArray[np.int32]:
    """Takes the stored bits out of the allocated ones (PS3.5, 8.1.1): the others may hold overlays, or anything."""
    lowest = header.high_bit + 1 - header.bits_stored
    stored = values.astype(np.int32) >> lowest & (1 << header.bits_stored) - 1
    if header.signed:
        sign = 1 << header.bits_stored - 1
        stored = (stored ^ sign) - sign
    return stored


def _decompress(frame: bytes, header: PixelHeader) -> NDArray[Any]:
    found = check_codestream(frame, header)
    name, syntax = _DECODERS[header.transfer_syntax], header.transfer_syntax
    if syntax == JPEGExtended12Bit and found.precision != 8:
        raise unsupported(f"The DICOM file has {syntax.name} with {found.precision} bits, which is not decoded here.")
    decoder = get_decoder(syntax)
    if name not in decoder.available_plugins:
        raise unsupported(
            f"The DICOM file has the transfer syntax {syntax.name}, for which the decoder {name} is not installed; "
            "install it, or send the file uncompressed."
        )
    options: dict[str, Any] = {
        "rows": header.rows,
        "columns": header.columns,
        "number_of_frames": 1,
        "samples_per_pixel": header.samples,
        "photometric_interpretation": header.photometric,
        "planar_configuration": int(header.planar),
        "bits_allocated": header.bits_allocated,
        # Bits that the stream has beyond those stored would be cut off, and wrap around.
        "bits_stored": max(header.bits_stored, found.precision),
        "pixel_representation": int(header.signed),
        "pixel_keyword": "PixelData",
    }
    try:
        pixels, _ = decoder.as_array(encapsulate([frame]), index=0, decoding_plugin=name, **options)
    except Exception as error:
        raise damaged("its compressed pixels cannot be decoded") from error
    return pixels.reshape(header.rows, header.columns, header.samples)
