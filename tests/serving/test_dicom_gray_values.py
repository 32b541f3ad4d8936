import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from tests.support.dicom_display import (
    HOUNSFIELD,
    LINEAR,
    each,
    half_up,
    linear,
    linear_exact,
    shown,
    sigmoid,
    stretched,
    unrounded_linear,
)
from tests.support.dicom_files import TWELVE_BITS, U8, U16, WITHOUT_PYDICOM_WARNINGS, gray_dataset, lookup_table, ramp

pytestmark = WITHOUT_PYDICOM_WARNINGS

CT = {"RescaleSlope": 1, "RescaleIntercept": -1024, **LINEAR}
I16 = ramp(np.int16)
SQUARES = [(index * index) % 65536 for index in range(256)]
FALLING = list(range(255, -1, -1))
TABLE: dict[str, tuple[Dataset, np.ndarray]] = {
    "8 bits without a window reach from 0 to 255": (
        gray_dataset(ramp(np.uint8, low=50, high=100)),
        stretched(ramp(np.uint8, low=50, high=100)),
    ),
    "16 bits without a window": (gray_dataset(U16), stretched(U16)),
    "signed 16 bits without a window": (gray_dataset(I16), stretched(I16)),
    "signed 8 bits without a window": (gray_dataset(ramp(np.int8)), stretched(ramp(np.int8))),
    "10 of 16 bits": (
        gray_dataset(ramp(np.uint16, high=1023), BitsStored=10, HighBit=9),
        stretched(ramp(np.uint16, high=1023)),
    ),
    "MONOCHROME1 is inverted": (gray_dataset(U8, PhotometricInterpretation="MONOCHROME1"), 255 - U8.astype(int)),
    "MONOCHROME1 repeated by the shape is inverted once": (
        gray_dataset(U8, PhotometricInterpretation="MONOCHROME1", PresentationLUTShape="INVERSE"),
        255 - U8.astype(int),
    ),
    "MONOCHROME2 repeated by the shape": (gray_dataset(U8, PresentationLUTShape="IDENTITY"), U8),
    "window on rescaled values": (
        gray_dataset(HOUNSFIELD, **CT),
        each(HOUNSFIELD, lambda value: linear(value - 1024, 40, 400)),
    ),
    "window on MONOCHROME1": (
        gray_dataset(HOUNSFIELD, **CT, PhotometricInterpretation="MONOCHROME1"),
        each(HOUNSFIELD, lambda value: half_up(255 - unrounded_linear(value - 1024, 40, 400))),
    ),
    "window on signed values with a fractional slope": (
        gray_dataset(I16, RescaleSlope="0.25", RescaleIntercept="-3.5", WindowCenter="100.5", WindowWidth="1000.25"),
        each(I16, lambda value: linear(value * 0.25 - 3.5, 100.5, 1000.25)),
    ),
    "negative slope": (
        gray_dataset(U8, RescaleSlope=-1, RescaleIntercept=0, WindowCenter=-100, WindowWidth=100),
        each(U8, lambda value: linear(-value, -100, 100)),
    ),
    "window of width 1 is a step": (
        gray_dataset(U8, WindowCenter=100, WindowWidth=1),
        each(U8, lambda value: 255 if value > 99.5 else 0),
    ),
    "exact window": (
        gray_dataset(U8, WindowCenter=100, WindowWidth=50, VOILUTFunction="LINEAR_EXACT"),
        each(U8, lambda value: linear_exact(value, 100, 50)),
    ),
    "exact window narrower than 1": (
        gray_dataset(U8, WindowCenter=100, WindowWidth="0.5", VOILUTFunction="LINEAR_EXACT"),
        each(U8, lambda value: linear_exact(value, 100, 0.5)),
    ),
    "sigmoid window": (
        gray_dataset(U16, WindowCenter=30000, WindowWidth=9000, VOILUTFunction="SIGMOID"),
        each(U16, lambda value: sigmoid(value, 30000, 9000)),
    ),
    "the first of several windows": (
        gray_dataset(U8, WindowCenter=[100, 20], WindowWidth=[80, 5], WindowCenterWidthExplanation=["A", "B"]),
        each(U8, lambda value: linear(value, 100, 80)),
    ),
    "modality table": (
        gray_dataset(U8, ModalityLUTSequence=[lookup_table([256, 0, 16], SQUARES)]),
        each(U8, lambda value: half_up(SQUARES[value] / SQUARES[255] * 255)),
    ),
    "modality table with a window on its values": (
        gray_dataset(
            U8,
            ModalityLUTSequence=[lookup_table([256, 0, 16], SQUARES)],
            WindowCenter=30000,
            WindowWidth=20000,
        ),
        each(U8, lambda value: linear(SQUARES[value], 30000, 20000)),
    ),
    "modality table that begins at a negative value": (
        gray_dataset(
            ramp(np.int8),
            ModalityLUTSequence=[lookup_table([100, -50, 16], SQUARES[:100])],
            WindowCenter=5000,
            WindowWidth=9000,
        ),
        each(ramp(np.int8), lambda value: linear(SQUARES[min(max(value + 50, 0), 99)], 5000, 9000)),
    ),
    "VOI table": (
        gray_dataset(U8, VOILUTSequence=[lookup_table([256, 0, 8], FALLING)]),
        255 - U8.astype(int),
    ),
    "VOI table of packed bytes": (
        gray_dataset(U8, VOILUTSequence=[lookup_table([256, 0, 8], FALLING, bits_in_words=False)]),
        255 - U8.astype(int),
    ),
    "VOI table before a window, and its ends for what is beyond": (
        gray_dataset(
            U16,
            RescaleSlope=1,
            RescaleIntercept=-32768,
            VOILUTSequence=[lookup_table([128, -100, 12], [index * 32 for index in range(128)])],
            **LINEAR,
        ),
        each(U16, lambda value: half_up(min(max(value - 32768 + 100, 0), 127) * 32 / 4095 * 255)),
    ),
    "VOI table with more entries than a word can count": (
        gray_dataset(U16, VOILUTSequence=[lookup_table([0, 0, 16], list(range(65535, -1, -1)))]),
        each(U16, lambda value: half_up((65535 - value) / 65535 * 255)),
    ),
    "overlay in the bits that are not stored": (
        gray_dataset(HOUNSFIELD | 0xA000, **TWELVE_BITS, **CT),
        each(HOUNSFIELD, lambda value: linear(value - 1024, 40, 400)),
    ),
    "12 signed bits whose sign is not extended": (
        gray_dataset(HOUNSFIELD, **TWELVE_BITS, PixelRepresentation=1, **LINEAR),
        each(HOUNSFIELD, lambda value: linear(value - 4096 if value > 2047 else value, 40, 400)),
    ),
    "12 bits at the upper end": (
        gray_dataset(HOUNSFIELD << 4, BitsStored=12, HighBit=15, **CT),
        each(HOUNSFIELD, lambda value: linear(value - 1024, 40, 400)),
    ),
    "angiography of logarithmic pixels is windowed as it is stored": (
        gray_dataset(U8, Modality="XA", PixelIntensityRelationship="LOG", RescaleSlope=3, RescaleIntercept=7, **LINEAR),
        each(U8, lambda value: linear(value, 40, 400)),
    ),
}


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
@pytest.mark.parametrize("name", TABLE)
def test_gray_files_show_the_values_of_the_standard(name: str, syntax: str) -> None:
    dataset, expected = TABLE[name]
    np.testing.assert_array_equal(shown(dataset, syntax=syntax), expected)
