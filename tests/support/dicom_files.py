"""DICOM files made on the spot, with whatever attributes a test is about."""

import io
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    RLELossless,
    SecondaryCaptureImageStorage,
)

from tests.support.images import encode

WITHOUT_PYDICOM_WARNINGS = pytest.mark.filterwarnings(r"ignore::Warning:pydicom\..*")
"""Pytest replaces the process's warning filters, and with them the one that `medimage.serving.dicom` sets."""

SIDE = 16
"""Smallest side that is accepted: files stay small enough to be cut short at every byte."""

TWELVE_BITS = {"BitsStored": 12, "HighBit": 11}
"""Attributes of 12 bits stored in 16."""


def gray_dataset(stored: np.ndarray, **attributes: Any) -> Dataset:
    """Returns a MONOCHROME2 data set of stored values; `attributes` replace or add others, None removes one.

    Args:
        stored: uint8, int8, uint16 or int16, of shape [rows, columns].
    """
    bits = 8 * stored.dtype.itemsize
    dataset = Dataset()
    dataset.SOPClassUID = SecondaryCaptureImageStorage
    dataset.Rows, dataset.Columns = stored.shape[:2]
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = bits
    dataset.HighBit = bits - 1
    dataset.PixelRepresentation = int(stored.dtype.kind == "i")
    dataset.PixelData = stored.tobytes()
    return changed(dataset, **attributes)


def color_dataset(samples: np.ndarray, photometric: str = "RGB", **attributes: Any) -> Dataset:
    """Returns a data set of color samples, uint8 or uint16 of shape [rows, columns, 3]."""
    dataset = gray_dataset(samples[:, :, 0], SamplesPerPixel=3, PhotometricInterpretation=photometric)
    dataset.PlanarConfiguration = 0
    dataset.PixelData = samples.tobytes()
    return changed(dataset, **attributes)


def palette_dataset(stored: np.ndarray, tables: Sequence[np.ndarray], *, first: int = 0, **attributes: Any) -> Dataset:
    """Returns a data set of palette colors.

    Args:
        stored: uint8, of shape [rows, columns].
        tables: Red, green and blue: uint8 or uint16, of one length.
        first: The stored value to which the first entries belong.
        **attributes: As of `gray_dataset`.
    """
    dataset = gray_dataset(stored, PhotometricInterpretation="PALETTE COLOR")
    for color, table in zip(("Red", "Green", "Blue"), tables, strict=True):
        descriptor = [len(table), first, 8 * table.dtype.itemsize]
        dataset.add_new(f"{color}PaletteColorLookupTableDescriptor", "US", descriptor)
        dataset.add_new(f"{color}PaletteColorLookupTableData", "OW", table.tobytes())
    return changed(dataset, **attributes)


def changed(dataset: Dataset, **attributes: Any) -> Dataset:
    """Sets attributes of a data set and returns it; None removes one."""
    for keyword, value in attributes.items():
        if value is not None:
            setattr(dataset, keyword, value)
        elif keyword in dataset:
            delattr(dataset, keyword)
    return dataset


def lookup_table(descriptor: list[int], entries: list[int], *, bits_in_words: bool = True) -> Dataset:
    """Returns an item of a modality or VOI table sequence, with 16-bit or packed 8-bit entries."""
    item = Dataset()
    item.add_new("LUTDescriptor", "SS" if descriptor[1] < 0 else "US", descriptor)
    if bits_in_words:
        item.add_new("LUTData", "US", entries)
    else:
        item.add_new("LUTData", "OW", bytes(entries))
    return item


def dicom_bytes(dataset: Dataset, *, syntax: str = ExplicitVRLittleEndian) -> bytes:
    """Returns a data set as a file. Compressed syntaxes expect pixel data that are encapsulated already."""
    uid = pydicom.uid.UID(syntax)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = uid
    dataset.file_meta.MediaStorageSOPClassUID = dataset.get("SOPClassUID", SecondaryCaptureImageStorage)
    dataset.file_meta.MediaStorageSOPInstanceUID = "2.25.1"
    dataset.preamble = bytes(128)
    if "PixelData" in dataset:
        element = dataset["PixelData"]
        element.VR = "OB" if uid.is_compressed and uid != DeflatedExplicitVRLittleEndian else "OW"
        element.is_undefined_length = element.VR == "OB"
    buffer = io.BytesIO()
    pydicom.dcmwrite(
        buffer,
        dataset,
        implicit_vr=uid.is_implicit_VR,
        little_endian=uid.is_little_endian,
        enforce_file_format=False,
    )
    return buffer.getvalue()


def compressed(dataset: Dataset, frames: list[bytes], syntax: str) -> bytes:
    """Returns a file whose pixels are the given compressed frames."""
    return dicom_bytes(changed(dataset, PixelData=encapsulate(frames)), syntax=syntax)


def rle_frame(planes: list[np.ndarray]) -> bytes:
    """Codes byte planes as literal runs (PS3.5, G.3.1), without looking for repetitions."""
    segments = []
    for plane in planes:
        data = plane.astype(np.uint8).tobytes()
        runs = [data[start : start + 128] for start in range(0, len(data), 128)]
        segment = b"".join(bytes([len(run) - 1]) + run for run in runs)
        segments.append(segment + b"\x80" * (len(segment) % 2))
    starts = np.cumsum([64, *(len(segment) for segment in segments)])[:-1]
    header = np.zeros(16, dtype="<u4")
    header[0] = len(segments)
    header[1 : 1 + len(segments)] = starts
    return header.tobytes() + b"".join(segments)


def ramp(dtype: type, *, low: int | None = None, high: int | None = None) -> np.ndarray:
    """Returns stored values of shape [16, 16] that go evenly through a range, by default that of their type."""
    limits = np.iinfo(dtype)
    values = np.linspace(limits.min if low is None else low, limits.max if high is None else high, SIDE * SIDE)
    return np.round(values).astype(dtype).reshape(SIDE, SIDE)


U8, U16 = ramp(np.uint8), ramp(np.uint16)


def jpeg_2000(pixels: np.ndarray, **options: Any) -> bytes:
    """Codes pixels as a bare JPEG 2000 codestream; `options` are Pillow's."""
    return encode(pixels, "JPEG2000", no_jp2=True, **options)


def lossless_jpeg(samples: np.ndarray, *, bits: int) -> bytes:
    """Codes non-negative samples of shape [rows, columns] as JPEG Lossless with the predictor 1 (ITU-T T.81, H.1)."""
    rows, columns = samples.shape
    values = samples.astype(int)
    predicted = np.empty_like(values)
    predicted[:, 1:] = values[:, :-1]
    predicted[1:, 0] = values[:-1, 0]
    predicted[0, 0] = 1 << bits - 1
    stream = ""
    for difference in ((values - predicted + 32767) % 65536 - 32767).ravel().tolist():
        category = abs(difference).bit_length()
        # Each of the 17 categories has the code of its own number in five bits.
        stream += f"{category:05b}"
        if 0 < category < 16:
            stream += f"{difference if difference > 0 else difference + (1 << category) - 1:0{category}b}"
    stream += "1" * (-len(stream) % 8)
    entropy = int(stream, 2).to_bytes(len(stream) // 8, "big").replace(b"\xff", b"\xff\x00")
    table = bytes([0, 0, 0, 0, 0, 17, *[0] * 11, *range(17)])
    frame = bytes([bits, *rows.to_bytes(2, "big"), *columns.to_bytes(2, "big"), 1, 1, 0x11, 0])
    scan = bytes([1, 1, 0, 1, 0, 0])
    parts = [(0xC4, table), (0xC3, frame), (0xDA, scan)]
    segments = b"".join(bytes([0xFF, marker]) + (len(part) + 2).to_bytes(2, "big") + part for marker, part in parts)
    return b"\xff\xd8" + segments + entropy + b"\xff\xd9"


@cache
def files_by_syntax() -> dict[str, bytes]:
    """Returns a file of `U8` in each transfer syntax that is decoded by other code."""
    return {
        "explicit": dicom_bytes(gray_dataset(U8, WindowCenter=100, WindowWidth=200)),
        "implicit": dicom_bytes(gray_dataset(U8), syntax=ImplicitVRLittleEndian),
        "big endian": dicom_bytes(gray_dataset(U8), syntax=ExplicitVRBigEndian),
        "deflated": dicom_bytes(gray_dataset(U8), syntax=DeflatedExplicitVRLittleEndian),
        "rle": compressed(gray_dataset(U8), [rle_frame([U8])], RLELossless),
        "jpeg": compressed(gray_dataset(U8), [encode(U8, "JPEG")], JPEGBaseline8Bit),
        "lossless jpeg": compressed(gray_dataset(U8), [lossless_jpeg(U8, bits=8)], JPEGLosslessSV1),
        "jpeg 2000": compressed(gray_dataset(U8), [jpeg_2000(U8, num_resolutions=3)], JPEG2000Lossless),
    }
