"""One frame of a DICOM file: the values that its encoded bytes stand for."""

from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.encaps import encapsulate
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.processing import convert_color_space
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
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
from medimage.serving.dicom.dataset import damaged, unsupported
from medimage.serving.dicom.header import JPEG, JPEG_2000, PixelHeader
from medimage.serving.dicom.run_length import decode_rle

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


def decode_frame(frame: bytes, header: PixelHeader) -> NDArray[Any]:
    """Decodes one of the `EncodedFrames`.

    Returns:
        Whole numbers, shape [rows, columns, samples]. One sample: the stored values, with their sign. Three: red,
        green and blue, from 0 to `2 ** bits_stored - 1`.

    Raises:
        ImageRefusedError: If the frame is damaged, or no decoder for it is installed.
    """
    if header.transfer_syntax in JPEG | JPEG_2000:
        return _decompress(frame, header)
    samples = stored_samples(frame, header)
    if header.photometric.startswith("YBR"):
        return convert_color_space(samples.astype(np.uint8), header.photometric, "RGB")
    return samples


def stored_samples(frame: bytes, header: PixelHeader) -> NDArray[np.int32]:
    """Decodes a frame that is native or RLE, and leaves its colors as they are stored.

    Returns:
        Stored bits with their sign, shape [rows, columns, samples]; colors that two pixels share are repeated.

    Raises:
        ImageRefusedError: If the frame is damaged.
    """
    return _stored(
        decode_rle(frame, header) if header.transfer_syntax == RLELossless else _native(frame, header), header
    )


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
    # In place: several copies of four bytes a sample are what a large image would take most of its memory for.
    stored = values.astype(np.int32)
    stored >>= lowest
    stored &= (1 << header.bits_stored) - 1
    if header.signed:
        sign = 1 << header.bits_stored - 1
        stored ^= sign
        stored -= sign
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
