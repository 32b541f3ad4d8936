import tracemalloc
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, RLELossless

from medimage.serving.dicom.decode import decode_dicom
from tests.support.dicom_files import (
    WITHOUT_PYDICOM_WARNINGS,
    changed,
    compressed,
    dicom_bytes,
    gray_dataset,
    rle_frame,
)
from tests.support.dicom_trees import assert_nothing_is_lost, picture, several_frames, source, tree, write
from tests.support.images import textured

pytestmark = [pytest.mark.usefixtures("own_salt"), WITHOUT_PYDICOM_WARNINGS]


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ExplicitVRBigEndian, RLELossless])
def test_frames_become_images_of_one_group(tmp_path: Path, syntax: str) -> None:
    root = tree(tmp_path)
    dataset = several_frames(3)
    if syntax == RLELossless:
        frames = [rle_frame([textured(500 + number, size=32)]) for number in range(3)]
        (root / "ill" / "movie.dcm").write_bytes(compressed(dataset, frames, syntax))
    else:
        if syntax == ExplicitVRBigEndian:
            dataset.PixelData = np.frombuffer(dataset.PixelData, np.uint16).byteswap().tobytes()
        write(root / "ill" / "movie.dcm", dataset, syntax=syntax)
    found = source(root, frames="expand")
    frames = [record for record in found.records() if "movie" in record.name]
    assert [record.name for record in frames] == [f"ill/movie.dcm#frame-{number}" for number in (1, 2, 3)]
    assert len({record.group for record in frames}) == 1
    for number, record in enumerate(frames):
        alone = decode_dicom(dicom_bytes(gray_dataset(textured(500 + number, size=32))))
        np.testing.assert_array_equal(decode_dicom(record.encoded), alone)
    assert_nothing_is_lost(found)
    assert [record.name for record in found.records({"ill/movie.dcm#frame-2"})] == ["ill/movie.dcm#frame-2"]


def test_each_frame_of_an_enhanced_file_has_its_own_window_and_a_bad_one_is_skipped(tmp_path: Path) -> None:
    items = []
    for width in (100, 0, 50):
        window, groups = Dataset(), Dataset()
        window.WindowCenter, window.WindowWidth = 120, width
        groups.FrameVOILUTSequence = [window]
        items.append(groups)
    root = tree(tmp_path)
    write(root / "ill" / "movie.dcm", several_frames(3, PerFrameFunctionalGroupsSequence=items))
    found = source(root, frames="expand")
    by_name = {record.name: record for record in found.records()}
    for number, width in ((1, 100), (3, 50)):
        stored = textured(499 + number, size=32)
        expected = decode_dicom(dicom_bytes(gray_dataset(stored, WindowCenter=120, WindowWidth=width)))
        np.testing.assert_array_equal(decode_dicom(by_name[f"ill/movie.dcm#frame-{number}"].encoded), expected)
    reason = "cannot be used: the DICOM file is damaged: a LINEAR window cannot be 0 wide"
    assert found.skipped_files == (("ill/movie.dcm#frame-2", reason),)
    assert_nothing_is_lost(found)


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, RLELossless])
@pytest.mark.parametrize("claimed", [1000, 2_000_000_000])
def test_a_number_of_frames_that_a_file_cannot_hold_is_not_believed(tmp_path: Path, claimed: int, syntax: str) -> None:
    root = tree(tmp_path)
    dataset = changed(several_frames(2), NumberOfFrames=claimed)
    frames = [rle_frame([textured(500 + number, size=32)]) for number in range(2)]
    whole = compressed(dataset, frames, syntax) if syntax == RLELossless else dicom_bytes(dataset)
    (root / "ill" / "movie.dcm").write_bytes(whole)
    found = source(root, frames="expand")
    (skipped,) = found.skipped_files
    assert f"too short for the {claimed} frames" in skipped[1]
    assert_nothing_is_lost(found)


def test_a_frame_is_taken_out_without_a_copy_of_the_others(tmp_path: Path) -> None:
    root, frames = tree(tmp_path), 1000
    dataset = picture(50, NumberOfFrames=frames, PixelData=bytes(1024 * frames))
    # In this syntax bytes are swapped, and to swap those of the whole file for each frame takes its square.
    write(root / "ill" / "movie.dcm", dataset, syntax=ExplicitVRBigEndian)
    records = source(root, frames="expand").records()
    # Two other files, and the frame with which the file is opened.
    assert len(list(islice(records, 3))) == 3
    tracemalloc.start()
    try:
        assert len(list(islice(records, 20))) == 20
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 1024 * frames / 4
    assert sum(1 for _ in records) == frames + 4 - 23
