import io

import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.pixels.encoders import JPEG2000LosslessEncoder, RLELosslessEncoder
from pydicom.uid import ExplicitVRBigEndian, JPEG2000Lossless, JPEGBaseline8Bit, JPEGLosslessSV1, RLELossless

from medimage.serving.dicom.decode import decode_dicom
from tests.support.dicom_display import COLOR, HOUNSFIELD, LINEAR, each, linear, shown, stretched
from tests.support.dicom_files import (
    U8,
    U16,
    WITHOUT_PYDICOM_WARNINGS,
    changed,
    color_dataset,
    compressed,
    dicom_bytes,
    gray_dataset,
    lossless_jpeg,
    ramp,
)
from tests.support.images import encode

pytestmark = WITHOUT_PYDICOM_WARNINGS

I16 = ramp(np.int16)


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


def test_an_odd_number_of_swapped_bytes_is_shown_whole() -> None:
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
