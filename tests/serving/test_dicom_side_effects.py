"""Decoding does nothing beside: it takes threads, writes nothing and tells no patient."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from medimage.serving.preprocessing import decode_image
from tests.support.dicom_files import U8, WITHOUT_PYDICOM_WARNINGS, dicom_bytes, files_by_syntax, gray_dataset
from tests.support.image_refusals import decoded_silently

pytestmark = WITHOUT_PYDICOM_WARNINGS

NAMES = list(files_by_syntax())


def test_threads_decode_the_same() -> None:
    names = NAMES * 12
    alone = {name: decode_image(files_by_syntax()[name], color_mode="gray") for name in NAMES}
    with ThreadPoolExecutor(8) as pool:
        decoded = pool.map(lambda name: decode_image(files_by_syntax()[name], color_mode="gray"), names)
        for name, pixels in zip(names, decoded, strict=True):
            np.testing.assert_array_equal(pixels, alone[name])


def test_warnings_and_logs_never_leak(tmp_path: Path) -> None:
    secret = "Quixano^Alonso"
    odd = dicom_bytes(gray_dataset(U8, PatientBirthDate="19991231", PatientName=secret, WindowCenter=1, WindowWidth=2))
    (tmp_path / "0.dcm").write_bytes(odd.replace(b"19991231", b"Quixano!"))
    (tmp_path / "1.dcm").write_bytes(dicom_bytes(gray_dataset(U8, PixelData=bytes(300))))
    (tmp_path / "2.dcm").write_bytes(files_by_syntax()["jpeg 2000"].replace(b"\xff\x93", b"\xff\x94"))
    (tmp_path / "3.dcm").write_bytes(files_by_syntax()["rle"][:-40])
    identified = gray_dataset(U8, PatientID="Quixano\\Alonso\\" * 9, RescaleSlope="1.00000000000000")
    (tmp_path / "4.dcm").write_bytes(dicom_bytes(identified))
    told = decoded_silently(tmp_path, has_log=True)
    assert len(told) == 5
    assert "Quixano" not in "".join(told)
