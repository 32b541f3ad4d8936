import io
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.data import get_testdata_file
from pydicom.pixels import apply_color_lut, pixel_array
from pydicom.uid import ExplicitVRLittleEndian, RLELossless

from medimage.serving.dicom.decode import decode_dicom
from medimage.serving.preprocessing import decode_image
from tests.support.dicom_display import COLOR, HOUNSFIELD, each, half_up
from tests.support.dicom_files import (
    TWELVE_BITS,
    U8,
    WITHOUT_PYDICOM_WARNINGS,
    changed,
    color_dataset,
    compressed,
    dicom_bytes,
    gray_dataset,
    palette_dataset,
    rle_frame,
)

pytestmark = WITHOUT_PYDICOM_WARNINGS


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
    data = Path(str(get_testdata_file("SC_ybr_full_422_uncompressed.dcm", download=False))).read_bytes()
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


def test_gray_and_color_come_as_asked_for() -> None:
    gray = decode_image(dicom_bytes(gray_dataset(U8)), color_mode="rgb")
    np.testing.assert_array_equal(gray, np.repeat(U8[:, :, None], 3, axis=2))
    luma = decode_image(dicom_bytes(color_dataset(COLOR)), color_mode="gray")
    np.testing.assert_array_equal(luma[:, :, 0], np.asarray(Image.fromarray(COLOR).convert("L")))
    assert luma.flags.c_contiguous
