from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_voi_lut, pixel_array

from medimage.serving.dicom.decode import decode_dicom
from tests.support.dicom_files import WITHOUT_PYDICOM_WARNINGS

pytestmark = WITHOUT_PYDICOM_WARNINGS

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
    decoded = decode_dicom(Path(str(path)).read_bytes())
    expected = pydicom_shows(pydicom.dcmread(str(path)))
    difference = np.abs(decoded.astype(int) - expected.reshape(decoded.shape))
    # The oracle rounds differently where a value lies on a half.
    assert difference.max() <= (1 if difference.any() else 0)
    assert (difference > 0).mean() < 0.01
