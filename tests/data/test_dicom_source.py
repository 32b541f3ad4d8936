from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import EncapsulatedPDFStorage

from medimage.config.data import DataConfig
from medimage.data.audit.exclusion import ExclusionCategory
from medimage.data.audit.look import look_at
from medimage.data.image_table import ImageTable
from medimage.data.sources.dicom.source import DicomSource
from medimage.data.sources.open_source import open_source
from medimage.errors import DataError
from tests.support.dicom_files import WITHOUT_PYDICOM_WARNINGS, color_dataset, dicom_bytes, gray_dataset, ramp
from tests.support.dicom_trees import (
    SECRETS,
    assert_nothing_is_lost,
    labels,
    picture,
    several_frames,
    source,
    tree,
    write,
)
from tests.support.images import encode, textured

pytestmark = [pytest.mark.usefixtures("own_salt"), WITHOUT_PYDICOM_WARNINGS]


def test_a_configuration_opens_the_source(tmp_path: Path) -> None:
    config = DataConfig.model_validate({"source": "dicom", "path": str(tree(tmp_path / "data"))})
    assert isinstance(open_source(config, cache=tmp_path / "cache"), DicomSource)


def test_every_file_that_is_no_image_is_named_with_its_reason(tmp_path: Path) -> None:
    root = tree(tmp_path / "data")
    pdf = Dataset()
    pdf.SOPClassUID = EncapsulatedPDFStorage
    write(root / "ill" / "report.dcm", pdf)
    directory = Dataset()
    directory.DirectoryRecordSequence = [Dataset()]
    write(root / "DICOMDIR", directory)
    write(root / "ill" / "IM7", picture(7))
    write(root / "ill" / "burnt.dcm", picture(8, BurnedInAnnotation="YES"))
    write(root / "ill" / "movie.dcm", several_frames(3))
    write(root / "ill" / "cmyk.dcm", picture(9, PhotometricInterpretation="CMYK"))
    write(root / "ill" / "tiny.dcm", gray_dataset(np.zeros((8, 99), np.uint8)))
    write(root / "ill" / "odd.dcm", picture(10, BitsStored=33))
    write(root / "loose.dcm", picture(11))
    (root / "ill" / ".hidden.dcm").write_bytes(b"x")
    (root / "ill" / "empty.dcm").write_bytes(b"")
    (root / "ill" / "text.dcm").write_bytes(b"no picture at all")
    (root / "ill" / "photo.png").write_bytes(encode(textured(1)))
    (root / "ill" / "cut.dcm").write_bytes(dicom_bytes(picture(12))[:190])
    with (root / "ill" / "huge.dcm").open("wb") as file:
        file.truncate(40 * 2**30)
    found = source(root)
    paths = {found.path_of(name).relative_to(root).as_posix(): reason for name, reason in found.skipped_files}
    assert paths == {
        "DICOMDIR": "no image (Media Storage Directory Storage)",
        "ill/.hidden.dcm": "hidden file",
        "ill/burnt.dcm": "cannot be used: text is burned into its pixels, which may name the patient "
        "(data.dicom.burned_in)",
        "ill/cmyk.dcm": "cannot be used: the DICOM file has the photometric interpretation CMYK",
        "ill/cut.dcm": "cannot be used: the DICOM file has a transfer syntax that is not in the DICOM standard",
        "ill/empty.dcm": "cannot be used: empty file",
        "ill/huge.dcm": "cannot be used: a file of 40,960 MiB, more than the 512 MiB that a file may have",
        "ill/movie.dcm": "cannot be used: it holds 3 frames (data.dicom.frames)",
        "ill/odd.dcm": "cannot be used: the DICOM file is damaged: it stores 33 bits in 8",
        "ill/photo.png": "not a DICOM file",
        "ill/report.dcm": "no image (Encapsulated PDF Storage)",
        "ill/text.dcm": "cannot be used: no DICOM file, whatever its name says: DICM does not stand after its first "
        "128 bytes",
        "ill/tiny.dcm": "cannot be used: the image has 99 x 8 pixels; each side needs at least 16",
        "loose.dcm": "cannot be used: it lies in no class folder",
    }
    assert "ill/IM7" in labels(found)
    assert_nothing_is_lost(found)
    accepted = source(root, burned_in="accept")
    assert "burnt.dcm" in {accepted.path_of(record.name).name for record in accepted.records()}


def test_a_header_cut_anywhere_is_a_record_or_a_reason_and_never_an_error(tmp_path: Path) -> None:
    root = tree(tmp_path)
    whole = dicom_bytes(gray_dataset(ramp(np.uint8), **SECRETS, **{"RescaleSlope": 1, "RescaleIntercept": 0}))
    for length in range(0, len(whole), 3):
        (root / "ill" / f"{length:04d}.dcm").write_bytes(whole[:length])
    found = source(root)
    assert_nothing_is_lost(found)
    for word in ("Quixano", "PID-77431"):
        assert word not in repr(found.skipped_files)


def test_a_tree_without_dicom_files_says_what_it_has(tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(encode(textured(1)))
    with pytest.raises(DataError, match=r"found none\. 1 files are skipped: not a DICOM"):
        len(source(tmp_path))


def test_records_become_a_table_with_their_sizes(tmp_path: Path) -> None:
    found = source(tree(tmp_path / "data"))
    table = ImageTable.write(found.records(), classes=found.classes, files_found=found.files_found)
    assert set(zip(table.records["width"], table.records["height"], table.records["mode"], strict=True)) == {
        (32, 32, "L")
    }


def test_the_audit_tells_color_from_gray_in_dicom_records(tmp_path: Path) -> None:
    root = tree(tmp_path)
    for label, number in (("ill", 90), ("well", 91)):
        samples = np.stack([textured(number + shift, size=32) for shift in range(3)], axis=2)
        write(root / label / "image.dcm", color_dataset(samples))
    looks = {
        record.name: look_at(record.encoded, color_mode="gray", maximum_aspect_ratio=5)
        for record in source(root).records()
    }
    assert all(look.exclusion is None for look in looks.values())
    assert looks["ill/image.dcm"].traits == {"colour"}
    assert looks["ill/0.dcm"].traits == set()


def test_the_audit_calls_an_encoding_that_is_not_decoded_by_its_name() -> None:
    data = dicom_bytes(picture(1, PhotometricInterpretation="CMYK"))
    exclusion = look_at(data, color_mode="gray", maximum_aspect_ratio=5).exclusion
    assert exclusion is not None
    assert exclusion.category is ExclusionCategory.UNSUPPORTED_ENCODING
