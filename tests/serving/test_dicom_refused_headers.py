from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset

from medimage.serving.preprocessing import RefusalReason
from tests.support.dicom_files import (
    U8,
    WITHOUT_PYDICOM_WARNINGS,
    changed,
    color_dataset,
    dicom_bytes,
    gray_dataset,
    lookup_table,
    palette_dataset,
)
from tests.support.image_refusals import assert_refused, refusal

pytestmark = WITHOUT_PYDICOM_WARNINGS


def without(keyword: str) -> bytes:
    return dicom_bytes(gray_dataset(U8, **{keyword: None}))


def gray(**attributes: Any) -> bytes:
    return dicom_bytes(gray_dataset(U8, **attributes))


def palette(**attributes: Any) -> bytes:
    return dicom_bytes(palette_dataset(U8, [np.arange(256, dtype=np.uint8)] * 3, **attributes))


def voi(descriptor: list[int], entries: list[int]) -> bytes:
    return gray(VOILUTSequence=[lookup_table(descriptor, entries)])


REFUSED = {
    "no rows": (without("Rows"), RefusalReason.DAMAGED, "Rows is missing"),
    "no bits allocated": (without("BitsAllocated"), RefusalReason.DAMAGED, "BitsAllocated is missing"),
    "no representation": (without("PixelRepresentation"), RefusalReason.DAMAGED, "PixelRepresentation is missing"),
    "no photometric": (without("PhotometricInterpretation"), RefusalReason.DAMAGED, "PhotometricInterpretation is mis"),
    "no image": (
        dicom_bytes(changed(Dataset(), SOPClassUID="1.2.840.10008.5.1.4.1.1.88.11", PatientName="X")),
        RefusalReason.NOT_AN_IMAGE,
        "no image",
    ),
    "several frames": (
        gray(NumberOfFrames=2, PixelData=bytes(512)),
        RefusalReason.SEVERAL_FRAMES,
        "2 frames",
    ),
    "more frames than fit": (gray(NumberOfFrames=2_000_000_000), RefusalReason.DAMAGED, "2000000000 frames"),
    "no frames": (gray(NumberOfFrames=0), RefusalReason.DAMAGED, "no frames"),
    "too small": (dicom_bytes(gray_dataset(np.zeros((15, 99), np.uint8))), RefusalReason.TOO_SMALL, "99 x 15"),
    "too large": (gray(Rows=65535, Columns=65535), RefusalReason.TOO_MANY_PIXELS, "65535 x 65535"),
    "32 bits": (gray(BitsAllocated=32), RefusalReason.UNSUPPORTED_ENCODING, "32 bits per sample"),
    "1 bit": (gray(BitsAllocated=1, BitsStored=1, HighBit=0), RefusalReason.UNSUPPORTED_ENCODING, "1 bits"),
    "more stored than allocated": (gray(BitsStored=12), RefusalReason.DAMAGED, "stores 12 bits in 8"),
    "no bits stored": (gray(BitsStored=0), RefusalReason.DAMAGED, "stores 0 bits in 8"),
    "high bit too low": (gray(HighBit=3), RefusalReason.DAMAGED, "number 3"),
    "representation 2": (gray(PixelRepresentation=2), RefusalReason.DAMAGED, "PixelRepresentation"),
    "two samples": (gray(SamplesPerPixel=2), RefusalReason.DAMAGED, "2 samples per pixel"),
    "gray with three samples": (gray(SamplesPerPixel=3), RefusalReason.DAMAGED, "3 samples per pixel"),
    "CMYK": (gray(PhotometricInterpretation="CMYK"), RefusalReason.UNSUPPORTED_ENCODING, "interpretation CMYK"),
    "HSV": (gray(PhotometricInterpretation="HSV"), RefusalReason.UNSUPPORTED_ENCODING, "interpretation HSV"),
    "unheard-of photometric": (
        gray(PhotometricInterpretation="QUIXANO"),
        RefusalReason.UNSUPPORTED_ENCODING,
        "interpretation unknown",
    ),
    "YBR_ICT without JPEG 2000": (
        dicom_bytes(color_dataset(np.zeros((16, 16, 3), np.uint8), "YBR_ICT")),
        RefusalReason.DAMAGED,
        "JPEG 2000 alone",
    ),
    "YBR of 16 bits": (
        dicom_bytes(color_dataset(np.zeros((16, 16, 3), np.uint16), "YBR_FULL")),
        RefusalReason.UNSUPPORTED_ENCODING,
        "more than 8 bits",
    ),
    "planar configuration 2": (
        dicom_bytes(color_dataset(np.zeros((16, 16, 3), np.uint8), PlanarConfiguration=2)),
        RefusalReason.DAMAGED,
        "PlanarConfiguration",
    ),
    "colors over gray": (gray(PixelPresentation="COLOR"), RefusalReason.UNSUPPORTED_ENCODING, "PixelPresentation"),
    "shape against photometric": (
        gray(PresentationLUTShape="INVERSE"),
        RefusalReason.UNSUPPORTED_ENCODING,
        "contradict each other",
    ),
    "unknown shape": (gray(PresentationLUTShape="LIN OD"), RefusalReason.UNSUPPORTED_ENCODING, "PresentationLUTShape"),
    "unknown window function": (
        gray(WindowCenter=1, WindowWidth=5, VOILUTFunction="CUBIC"),
        RefusalReason.UNSUPPORTED_ENCODING,
        "VOILUTFunction",
    ),
    "window without width": (gray(WindowCenter=1), RefusalReason.DAMAGED, "window without width"),
    "window of width 0": (gray(WindowCenter=1, WindowWidth=0), RefusalReason.DAMAGED, "cannot be 0 wide"),
    "sigmoid of width 0": (
        gray(WindowCenter=1, WindowWidth=0, VOILUTFunction="SIGMOID"),
        RefusalReason.DAMAGED,
        "cannot be 0 wide",
    ),
    "slope 0": (gray(RescaleSlope=0, RescaleIntercept=0), RefusalReason.DAMAGED, "RescaleSlope is 0"),
    "table with too few entries": (voi([256, 0, 16], list(range(255))), RefusalReason.DAMAGED, "the 256 entries"),
    "table with larger entries": (voi([256, 0, 8], list(range(1, 257))), RefusalReason.DAMAGED, "256 entries of 8"),
    "table of 5 bits": (voi([256, 0, 5], [0] * 256), RefusalReason.DAMAGED, "5 bits per entry"),
    "table with half a descriptor": (voi([256, 0], [0] * 256), RefusalReason.DAMAGED, "three whole numbers"),
    "palette without blue": (
        palette(BluePaletteColorLookupTableData=None),
        RefusalReason.DAMAGED,
        "BluePaletteColorLookupTableData",
    ),
    "segmented palette": (
        palette(SegmentedRedPaletteColorLookupTableData=b"\0\0"),
        RefusalReason.UNSUPPORTED_ENCODING,
        "segmented",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_have_to_be_guessed_is_refused_with_the_reason(name: str) -> None:
    assert_refused(*REFUSED[name])


@pytest.mark.parametrize("value", ["nan", "inf", "1e999", "abc", "Quixano^Alonso"])
@pytest.mark.parametrize("keyword", ["WindowCenter", "RescaleSlope"])
def test_numbers_that_are_none_are_refused_without_repeating_them(keyword: str, value: str) -> None:
    data = gray(WindowCenter="1234567890123456", WindowWidth=9, RescaleSlope="6543210987654321", RescaleIntercept=0)
    held = b"1234567890123456" if keyword == "WindowCenter" else b"6543210987654321"
    error = refusal(data.replace(held, value.encode().ljust(16)))
    assert error.reason is RefusalReason.DAMAGED
    assert value not in str(error)
