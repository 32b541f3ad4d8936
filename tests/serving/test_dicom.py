import io
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_voi_lut, pixel_array
from pydicom.pixels.encoders import JPEG2000LosslessEncoder, RLELosslessEncoder
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    RLELossless,
)

from medimage.serving.dicom.decode import decode_dicom
from medimage.serving.preprocessing import decode_image
from tests.support.dicom_files import (
    SIDE,
    TWELVE_BITS,
    U8,
    U16,
    WITHOUT_PYDICOM_WARNINGS,
    changed,
    color_dataset,
    compressed,
    dicom_bytes,
    gray_dataset,
    lookup_table,
    lossless_jpeg,
    palette_dataset,
    ramp,
    rle_frame,
)
from tests.support.images import encode

pytestmark = WITHOUT_PYDICOM_WARNINGS

COLOR = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE + 2, 3), dtype=np.uint8)
LINEAR = {"WindowCenter": 40, "WindowWidth": 400}
CT = {"RescaleSlope": 1, "RescaleIntercept": -1024, **LINEAR}


def shown(dataset: Dataset, **options: Any) -> np.ndarray:
    return decode_dicom(dicom_bytes(dataset, **options))[:, :, 0]


def half_up(value: float) -> int:
    return math.floor(value + 0.5)


def unrounded_linear(value: float, center: float, width: float) -> float:
    """PS3.3, C.11.2.1.2.1, as it stands there, with an output of 0 to 255."""
    if value <= center - 0.5 - (width - 1) / 2:
        return 0
    if value > center - 0.5 + (width - 1) / 2:
        return 255
    return ((value - (center - 0.5)) / (width - 1) + 0.5) * 255


def linear(value: float, center: float, width: float) -> int:
    return half_up(unrounded_linear(value, center, width))


def linear_exact(value: float, center: float, width: float) -> int:
    """PS3.3, C.11.2.1.3.2."""
    if value <= center - width / 2:
        return 0
    if value > center + width / 2:
        return 255
    return half_up(((value - center) / width + 0.5) * 255)


def sigmoid(value: float, center: float, width: float) -> int:
    """PS3.3, C.11.2.1.3.1."""
    return half_up(255 / (1 + math.exp(-4 * (value - center) / width)))


def each(stored: np.ndarray, function: Callable[[int], int]) -> np.ndarray:
    return np.array([[function(int(value)) for value in row] for row in stored])


def stretched(stored: np.ndarray) -> np.ndarray:
    low, high = int(stored.min()), int(stored.max())
    return each(stored, lambda value: half_up((value - low) / (high - low) * 255))


I16 = ramp(np.int16)
HOUNSFIELD = ramp(np.uint16, low=0, high=4095)
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


def test_padding_does_not_count_for_the_range_and_is_clipped_to_it() -> None:
    stored = ramp(np.int16, low=-500, high=500)
    expected = stretched(stored)
    stored[0, :3], expected[0, :3] = -2000, 0
    stored[1, :3], expected[1, :3] = -1999, 0
    dataset = gray_dataset(stored)
    dataset.add_new("PixelPaddingValue", "SS", -2000)
    dataset.add_new("PixelPaddingRangeLimit", "SS", -1999)
    low, high = -500 + 1000 * 3 / 255, 500
    pictured = each(stored, lambda value: half_up(max(0, value - math.ceil(low)) / (high - math.ceil(low)) * 255))
    np.testing.assert_array_equal(shown(dataset)[2:], pictured[2:])
    assert (shown(dataset)[:2, :3] == 0).all()


def test_padding_given_as_unsigned_means_the_same_bits_of_signed_pixels() -> None:
    stored = ramp(np.int16, low=-100, high=400)
    stored[0, 0] = -2000
    dataset = gray_dataset(stored)
    dataset.add_new("PixelPaddingValue", "US", 65536 - 2000)
    expected = shown(gray_dataset(np.where(stored == -2000, stored[0, 1], stored)))
    np.testing.assert_array_equal(shown(dataset), expected)


@pytest.mark.parametrize("value", [0, 7, 255])
def test_an_image_of_one_value_without_a_window_is_black(value: int) -> None:
    assert not shown(gray_dataset(np.full((SIDE, SIDE), value, dtype=np.uint8))).any()


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, RLELossless])
@pytest.mark.parametrize("planar", [0, 1])
def test_colors_keep_their_samples(planar: int, syntax: str) -> None:
    dataset = color_dataset(COLOR, PlanarConfiguration=planar)
    if syntax == RLELossless:
        data = compressed(dataset, [rle_frame(list(COLOR.transpose(2, 0, 1)))], syntax)
    else:
        samples = COLOR.transpose(2, 0, 1) if planar else COLOR
        data = dicom_bytes(changed(dataset, PixelData=samples.tobytes()), syntax=syntax)
    np.testing.assert_array_equal(decode_dicom(data), COLOR)


def test_colors_of_12_bits_are_scaled_to_8() -> None:
    deep = np.repeat(HOUNSFIELD[:, :, None], 3, axis=2)
    expected = each(HOUNSFIELD, lambda value: half_up(value / 4095 * 255))
    np.testing.assert_array_equal(decode_dicom(dicom_bytes(color_dataset(deep, **TWELVE_BITS)))[:, :, 1], expected)


def ybr(red: int, green: int, blue: int) -> tuple[float, float, float]:
    """PS3.3, C.7.6.3.1.2, YBR_FULL."""
    luma = 0.2990 * red + 0.5870 * green + 0.1140 * blue
    return luma, -0.1687 * red - 0.3313 * green + 0.5 * blue + 128, 0.5 * red - 0.4187 * green - 0.0813 * blue + 128


def test_full_ybr_becomes_rgb() -> None:
    samples = np.array([[ybr(*map(int, pixel)) for pixel in row] for row in COLOR]).clip(0, 255).round()
    decoded = decode_dicom(dicom_bytes(color_dataset(samples.astype(np.uint8), "YBR_FULL")))
    assert np.abs(decoded.astype(int) - COLOR).max() <= 2


def test_subsampled_ybr_becomes_rgb() -> None:
    data = open(str(get_testdata_file("SC_ybr_full_422_uncompressed.dcm", download=False)), "rb").read()  # noqa: PTH123, SIM115
    np.testing.assert_array_equal(decode_dicom(data), pixel_array(pydicom.dcmread(io.BytesIO(data))))


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("first", [0, 10])
def test_a_palette_becomes_its_colors(bits: int, first: int) -> None:
    generator = np.random.default_rng(3)
    tables = generator.integers(0, 1 << bits, (3, 200))
    dataset = palette_dataset(U8, tables.astype(f"u{bits // 8}"), first=first)
    decoded = decode_dicom(dicom_bytes(dataset))
    for channel, table in enumerate(tables):
        expected = each(
            U8, lambda value, table=table: half_up(table[min(max(value - first, 0), 199)] / (2**bits - 1) * 255)
        )
        np.testing.assert_array_equal(decoded[:, :, channel], expected)
    np.testing.assert_array_equal(decoded, np.floor(apply_color_lut(U8, dataset) / (2**bits - 1) * 255 + 0.5))


def encoded(dataset: Dataset, syntax: str) -> bytes:
    """Returns the file with its pixels compressed without loss, or native."""
    if syntax == JPEGLosslessSV1:
        samples = np.frombuffer(dataset.PixelData, f"u{dataset.BitsAllocated // 8}") & (1 << dataset.BitsStored) - 1
        frame = lossless_jpeg(samples.reshape(dataset.Rows, dataset.Columns), bits=dataset.BitsStored)
        return compressed(dataset, [frame], syntax)
    encoders = {RLELossless: RLELosslessEncoder, JPEG2000Lossless: JPEG2000LosslessEncoder}
    if syntax in encoders:
        frame = encoders[syntax].encode(
            dataset.PixelData,
            rows=dataset.Rows,
            columns=dataset.Columns,
            samples_per_pixel=1,
            number_of_frames=1,
            bits_allocated=dataset.BitsAllocated,
            bits_stored=dataset.BitsStored,
            pixel_representation=dataset.PixelRepresentation,
            photometric_interpretation="MONOCHROME2",
        )
        return compressed(dataset, [frame], syntax)
    return dicom_bytes(dataset, syntax=syntax)


@pytest.mark.parametrize("syntax", [ExplicitVRBigEndian, RLELossless, JPEG2000Lossless, JPEGLosslessSV1])
@pytest.mark.parametrize(
    ("stored", "bits"),
    [(U8, 8), (U16, 16), (I16, 16), (HOUNSFIELD, 12), (ramp(np.int16, low=-2048, high=2047), 12), (ramp(np.int8), 8)],
    ids=["u8", "u16", "i16", "u12", "i12", "i8"],
)
def test_lossless_syntaxes_show_the_same_pixels(syntax: str, stored: np.ndarray, bits: int) -> None:
    def dataset() -> Dataset:
        return gray_dataset(stored, BitsStored=bits, HighBit=bits - 1, RescaleSlope=2, RescaleIntercept=-3, **LINEAR)

    # OpenJPEG wants 32 pixels for its wavelets.
    stored = np.kron(stored, np.ones((2, 2), dtype=stored.dtype))
    expected = each(stored, lambda value: linear(2 * value - 3, 40, 400))
    swapped = dataset()
    if syntax == ExplicitVRBigEndian:
        swapped.PixelData = stored.byteswap().tobytes() if stored.itemsize == 2 else swapped_pairs(stored)
    np.testing.assert_array_equal(decode_dicom(encoded(swapped, syntax))[:, :, 0], expected)


def swapped_pairs(stored: np.ndarray) -> bytes:
    """Bytes as big endian words, in which a file keeps 8-bit samples of the representation OW."""
    return stored.view(np.uint16).byteswap().tobytes()


def test_an_odd_number_of_swapped_bytes() -> None:
    stored = np.random.default_rng(1).integers(0, 256, (17, 17), dtype=np.uint8)
    words = np.frombuffer(stored.tobytes() + b"\0", dtype=np.uint16).byteswap().tobytes()
    dataset = changed(gray_dataset(stored), PixelData=words)
    np.testing.assert_array_equal(shown(dataset, syntax=ExplicitVRBigEndian), stretched(stored))


def test_jpeg_baseline_shows_what_pillow_decodes() -> None:
    smooth = np.asarray(Image.fromarray(COLOR[:4, :4]).resize((32, 32)))
    frame = encode(smooth, "JPEG", quality=95, subsampling=0)
    data = compressed(color_dataset(smooth, "YBR_FULL_422"), [frame], JPEGBaseline8Bit)
    expected = np.asarray(Image.open(io.BytesIO(frame)))
    # Pillow converts with whole numbers, pydicom with the standard's formula.
    assert np.abs(decode_dicom(data).astype(int) - expected).max() <= 2
    gray = encode(U8, "JPEG", quality=95)
    decoded = decode_dicom(compressed(gray_dataset(U8, WindowCenter=128, WindowWidth=256), [gray], JPEGBaseline8Bit))
    np.testing.assert_array_equal(decoded[:, :, 0], np.asarray(Image.open(io.BytesIO(gray))))


def functional_groups(center: int, slope: float) -> Dataset:
    voi, transformation, groups = Dataset(), Dataset(), Dataset()
    voi.WindowCenter, voi.WindowWidth = center, 50
    transformation.RescaleSlope, transformation.RescaleIntercept = slope, 1
    groups.FrameVOILUTSequence, groups.PixelValueTransformationSequence = [voi], [transformation]
    return groups


def test_functional_groups_of_an_enhanced_file_count_before_the_data_set() -> None:
    own, shared = functional_groups(90, 1), functional_groups(10, 2)
    del own.PixelValueTransformationSequence
    dataset = gray_dataset(U8, NumberOfFrames=1, WindowCenter=1, WindowWidth=1, RescaleSlope=5, RescaleIntercept=5)
    dataset.PerFrameFunctionalGroupsSequence, dataset.SharedFunctionalGroupsSequence = [own], [shared]
    np.testing.assert_array_equal(shown(dataset), each(U8, lambda value: linear(2 * value + 1, 90, 50)))


REAL_FILES = [
    "CT_small.dcm",
    "MR_small.dcm",
    "MR_small_bigendian.dcm",
    "MR_small_expb.dcm",
    "MR_small_implicit.dcm",
    "MR_small_jp2klossless.dcm",
    "MR_small_jpeg_ls_lossless.dcm",
    "MR_small_padded.dcm",
    "MR_small_RLE.dcm",
    "693_J2KI.dcm",
    "JPEG2000.dcm",
    "J2K_pixelrep_mismatch.dcm",
    "image_dfl.dcm",
    "SC_rgb_rle.dcm",
    "SC_rgb_rle_16bit.dcm",
    "SC_rgb_jpeg_dcmtk.dcm",
    "SC_rgb_jpeg_gdcm.dcm",
    "SC_rgb_dcmtk_+eb+cy+n1.dcm",
    "SC_rgb_dcmtk_+eb+cy+np.dcm",
    "SC_rgb_dcmtk_+eb+cy+s4.dcm",
    "ExplVR_BigEnd.dcm",
    "examples_palette.dcm",
]


def pydicom_shows(dataset: Dataset) -> np.ndarray:
    """The same pipeline out of pydicom's own functions, which the decoder does not use."""
    stored = pixel_array(dataset)
    if dataset.PhotometricInterpretation == "PALETTE COLOR":
        return np.floor(apply_color_lut(stored, dataset) / 65535 * 255 + 0.5)
    if stored.ndim == 3:
        return np.floor(stored / (2**dataset.BitsStored - 1) * 255 + 0.5)
    values = apply_modality_lut(stored, dataset).astype(np.float64)
    if "WindowCenter" in dataset and dataset.WindowCenter is not None:
        ends = np.array([-1e9, 1e9])
        low, high = apply_voi_lut(ends, dataset)
        values = apply_voi_lut(values, dataset)
    else:
        low, high = values.min(), values.max()
    return np.floor((values - low) / (high - low) * 255 + 0.5)


@pytest.mark.parametrize("name", REAL_FILES)
def test_real_files_are_shown_as_by_pydicom(name: str) -> None:
    path = get_testdata_file(name, download=False)
    if path is None:
        pytest.skip(f"this pydicom ships without {name}")
    with open(str(path), "rb") as file:  # noqa: PTH123
        decoded = decode_dicom(file.read())
    expected = pydicom_shows(pydicom.dcmread(str(path)))
    difference = np.abs(decoded.astype(int) - expected.reshape(decoded.shape))
    # The oracle rounds differently where a value lies on a half.
    assert difference.max() <= (1 if difference.any() else 0)
    assert (difference > 0).mean() < 0.01


@settings(max_examples=60, deadline=None)
@given(
    signed=st.booleans(),
    bits=st.integers(8, 16),
    slope=st.sampled_from(["1", "0.5", "-2", "0.0625"]),
    intercept=st.integers(-2000, 2000),
    center=st.integers(-3000, 3000),
    width=st.integers(2, 5000),
    function=st.sampled_from(["LINEAR", "LINEAR_EXACT", "SIGMOID"]),
    inverted=st.booleans(),
)
def test_any_window_shows_what_pydicom_computes(
    *, signed: bool, bits: int, slope: str, intercept: int, center: int, width: int, function: str, inverted: bool
) -> None:
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    stored = ramp(np.int16 if signed else np.uint16, low=low, high=high)
    dataset = gray_dataset(
        stored,
        BitsStored=bits,
        HighBit=bits - 1,
        RescaleSlope=slope,
        RescaleIntercept=intercept,
        WindowCenter=center,
        WindowWidth=width,
        VOILUTFunction=function,
        PhotometricInterpretation="MONOCHROME1" if inverted else "MONOCHROME2",
    )
    values = apply_modality_lut(stored, dataset).astype(np.float64)
    bottom, top = apply_voi_lut(np.array([-1e9, 1e9]), dataset)
    expected = (apply_voi_lut(values, dataset) - bottom) / (top - bottom) * 255
    decoded = shown(dataset).astype(float)
    assert np.abs(decoded - (255 - expected if inverted else expected)).max() <= 0.5 + 1e-6


def test_gray_and_color_come_as_asked_for() -> None:
    gray = decode_image(dicom_bytes(gray_dataset(U8)), color_mode="rgb")
    np.testing.assert_array_equal(gray, np.repeat(U8[:, :, None], 3, axis=2))
    luma = decode_image(dicom_bytes(color_dataset(COLOR)), color_mode="gray")
    np.testing.assert_array_equal(luma[:, :, 0], np.asarray(Image.fromarray(COLOR).convert("L")))
    assert luma.flags.c_contiguous
