import io
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import (
    EncapsulatedPDFStorage,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    RLELossless,
)

from medimage.config.data import DataConfig
from medimage.data.audit.look import look_at
from medimage.data.image_record import ImageRecord, read_header
from medimage.data.image_table import ImageTable
from medimage.data.sources.dicom.pseudonym import pseudonym, read_salt
from medimage.data.sources.dicom.source import DicomSource
from medimage.data.sources.open_source import open_source
from medimage.errors import ConfigurationError, DataError, StorageError
from medimage.serving.dicom.decode import decode_dicom
from medimage.serving.preprocessing import ImageRefusedError, decode_image
from tests.support.dicom_files import (
    changed,
    color_dataset,
    compressed,
    dicom_bytes,
    gray_dataset,
    lookup_table,
    ramp,
    rle_frame,
)
from tests.support.images import encode, textured

pytestmark = pytest.mark.filterwarnings(r"ignore::Warning:pydicom\..*")

SECRETS = {
    "PatientName": "Quixano^Alonso",
    "PatientID": "PID-77431",
    "IssuerOfPatientID": "LaManchaGeneral",
    "PatientBirthDate": "15470929",
    "PatientAddress": "Windmill Lane 5",
    "OtherPatientIDs": "OTHER-99812",
    "InstitutionName": "Hospital de Toboso",
    "ReferringPhysicianName": "Panza^Sancho",
    "OperatorsName": "Rocinante^R",
    "AccessionNumber": "ACC-55120",
    "StudyDate": "20230417",
    "StudyTime": "101112",
    "StudyInstanceUID": "1.2.826.0.1.55.1",
    "SeriesInstanceUID": "1.2.826.0.1.55.2",
    "SOPInstanceUID": "1.2.826.0.1.55.3",
    "DeviceSerialNumber": "SERIAL-4455",
    "StationName": "STATION-12",
    "ImageComments": "Alonso refused contrast",
    "WindowCenterWidthExplanation": "for Dr Panza",
}


@pytest.fixture(autouse=True)
def _own_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDIMAGE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("MEDIMAGE_SALT", raising=False)


def picture(seed: int, **attributes: Any) -> Dataset:
    identity = {"PatientID": f"P{seed}", "StudyInstanceUID": f"1.2.3.{seed}", "SOPInstanceUID": f"1.2.3.{seed}.1"}
    return gray_dataset(textured(seed, size=32), **{**identity, **attributes})


def write(path: Path, dataset: Dataset, **options: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(dicom_bytes(dataset, **options))


def tree(root: Path, *, images: int = 2) -> Path:
    for index, name in enumerate(("ill", "well")):
        for number in range(images):
            write(root / name / f"{number}.dcm", picture(100 * index + number))
    return root


def source(root: Path, *, data: dict[str, Any] | None = None, **settings: Any) -> DicomSource:
    return DicomSource(
        root, DataConfig.model_validate({"source": "dicom", "path": str(root), "dicom": settings, **(data or {})})
    )


def labels(found: DicomSource) -> dict[str, str]:
    return {record.name: record.label for record in found.records()}


def assert_nothing_is_lost(found: DicomSource) -> None:
    assert found.files_found == len(found) + len(found.skipped_files)
    assert len(list(found.records())) == len(found)


def test_class_folders_give_labels_and_split_folders_the_split(tmp_path: Path) -> None:
    tree(tmp_path / "train")
    tree(tmp_path / "test", images=1)
    found = source(tmp_path)
    assert found.classes == ("ill", "well")
    assert {record.name: (record.label, record.given_split) for record in found.records()} == {
        "test/ill/0.dcm": ("ill", "test"),
        "test/well/0.dcm": ("well", "test"),
        "train/ill/0.dcm": ("ill", "train"),
        "train/ill/1.dcm": ("ill", "train"),
        "train/well/0.dcm": ("well", "train"),
        "train/well/1.dcm": ("well", "train"),
    }
    assert_nothing_is_lost(found)


def test_a_configuration_opens_the_source(tmp_path: Path) -> None:
    config = DataConfig.model_validate({"source": "dicom", "path": str(tree(tmp_path / "data"))})
    assert isinstance(open_source(config, cache=tmp_path / "cache"), DicomSource)


def private_label(seed: int, value: str) -> Dataset:
    dataset = picture(seed, BodyPartExamined=value.upper())
    dataset.private_block(0x0011, "MAKER", create=True).add_new(0x01, "LO", value)
    return dataset


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
@pytest.mark.parametrize("tag", ["BodyPartExamined", "(0011,1001)", "0011,1001"])
def test_a_tag_gives_the_label(tmp_path: Path, tag: str, syntax: str) -> None:
    for number, label in enumerate(("chest", "skull", "chest")):
        write(tmp_path / f"{number}.dcm", private_label(number, label), syntax=syntax)
    write(tmp_path / "3.dcm", picture(3))
    found = source(
        tmp_path,
        labels_from="tag",
        label_tag=tag,
    )
    assert [label.lower() for label in labels(found).values()] == ["chest", "skull", "chest"]
    assert found.skipped_files == (("3.dcm", f"has no {tag}"),)
    assert_nothing_is_lost(found)


@pytest.mark.parametrize(
    ("key", "rows"),
    [
        ("path", ["a/0.dcm,ill", "a/1.dcm,well"]),
        ("path", ["a\\0.dcm,ill", "./a/1.dcm,well"]),
        ("SOPInstanceUID", ["1.2.3.0.1,ill", "1.2.3.1.1,well"]),
        ("StudyInstanceUID", ["1.2.3.0,ill", "1.2.3.1,well"]),
        ("PatientID", ["P0,ill", "P1,well", "P1,well"]),
    ],
)
def test_a_table_gives_the_label_by_path_or_identifier(tmp_path: Path, key: str, rows: list[str]) -> None:
    for number in range(3):
        write(tmp_path / "a" / f"{number}.dcm", picture(number))
    (tmp_path / "labels.csv").write_text("\n".join([f"{key},label", *rows]), encoding="utf-8-sig")
    found = source(tmp_path, labels_from="table", table="labels.csv", table_key=key)
    assert labels(found) == {"a/0.dcm": "ill", "a/1.dcm": "well"}
    assert dict(found.skipped_files) == {"a/2.dcm": "no row in labels.csv", "labels.csv": "read as the label table"}
    assert_nothing_is_lost(found)


def test_a_table_gives_the_split_and_rows_without_a_file_are_told(tmp_path: Path) -> None:
    for number in range(2):
        write(tmp_path / f"{number}.dcm", picture(number))
    (tmp_path / "labels.csv").write_text("id;finding;part\nP0;ill;Training\nP1;well;test\nP9;well;\n")
    found = source(
        tmp_path,
        labels_from="table",
        table="labels.csv",
        table_key="PatientID",
        key_column="id",
        label_column="finding",
        split_column="part",
    )
    assert [record.given_split for record in found.records()] == ["train", "test"]
    assert found.notes == ("1 of 3 rows of labels.csv match no DICOM file.",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("PatientID,label\nP0,ill\nP0,well\n", "in line 2 and in line 3"),
        ("PatientID,lable\nP0,ill\n", "'label'"),
        ("patient,label\nP0,ill\n", "'PatientID'"),
        ("PatientID,label\n,ill\n", "line 2"),
        ("PatientID,label\nP0,ill,well\n", "line 2"),
        ('PatientID,label\n"P0,ill\n', "line 2"),
        ("", "empty"),
        ("PatientID,label\n", "no rows"),
    ],
)
def test_a_table_that_cannot_be_right_is_refused_without_telling_identifiers(
    tmp_path: Path, text: str, message: str
) -> None:
    write(tmp_path / "0.dcm", picture(0))
    (tmp_path / "labels.csv").write_text(text)
    with pytest.raises(DataError) as caught:
        len(source(tmp_path, labels_from="table", table="labels.csv", table_key="PatientID"))
    assert message in str(caught.value)
    assert "P0" not in str(caught.value)


def test_every_file_that_is_no_image_is_named_with_its_reason(tmp_path: Path) -> None:
    root = tree(tmp_path / "data")
    pdf = Dataset()
    pdf.SOPClassUID = EncapsulatedPDFStorage
    write(root / "ill" / "report.dcm", pdf)
    directory = Dataset()
    directory.DirectoryRecordSequence = [Dataset()]
    write(root / "DICOMDIR", directory)
    write(root / "ill" / "no_suffix", picture(7))
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
    found = source(root)
    assert dict(found.skipped_files) == {
        "DICOMDIR": "no image (Media Storage Directory Storage)",
        "ill/.hidden.dcm": "hidden file",
        "ill/burnt.dcm": "says that text is burned into its pixels, which may name the patient (data.dicom.burned_in)",
        "ill/cmyk.dcm": "the DICOM file has the photometric interpretation CMYK",
        "ill/cut.dcm": dict(found.skipped_files)["ill/cut.dcm"],
        "ill/empty.dcm": "empty file",
        "ill/movie.dcm": "holds 3 frames (data.dicom.frames)",
        "ill/odd.dcm": "the DICOM file is damaged: it stores 33 bits in 8",
        "ill/photo.png": "not a DICOM file",
        "ill/report.dcm": "no image (Encapsulated PDF Storage)",
        "ill/text.dcm": "not a DICOM file, whatever its name says: DICM does not stand after its first 128 bytes",
        "ill/tiny.dcm": "the image has 99 x 8 pixels; each side needs at least 16",
        "loose.dcm": "lies in no class folder",
    }
    assert "ill/no_suffix" in labels(found)
    assert_nothing_is_lost(found)
    assert "ill/burnt.dcm" in labels(source(root, burned_in="accept"))


def several_frames(count: int, **attributes: Any) -> Dataset:
    frames = np.stack([textured(500 + number, size=32) for number in range(count)])
    return picture(50, NumberOfFrames=count, PixelData=frames.tobytes(), **attributes)


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
    reason = "the DICOM file is damaged: a LINEAR window cannot be 0 wide"
    assert found.skipped_files == (("ill/movie.dcm#frame-2", reason),)
    assert_nothing_is_lost(found)


def test_patients_are_groups_under_salted_hashes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, (patient, issuer) in enumerate((("X", "A"), ("X", "A"), ("X", "B"), ("Y", "A"), ("", ""))):
        label = "ill" if number % 2 else "well"
        write(tmp_path / label / f"{number}.dcm", picture(number, PatientID=patient, IssuerOfPatientID=issuer))
    found = source(tmp_path)
    groups = {record.name[-5]: record.group for record in found.records()}
    assert groups["0"] == groups["1"]
    assert len(set(groups.values())) == 4
    assert groups["4"].startswith("study-")
    assert found.notes == ("1 of 5 DICOM files name no patient: they are grouped by their study.",)
    assert {record.name[-5]: record.group for record in source(tmp_path).records()} == groups
    monkeypatch.setenv("MEDIMAGE_SALT", "another salt, long enough")
    assert not set(groups.values()) & {record.group for record in source(tmp_path).records()}


def test_a_placeholder_for_all_patients_is_told_and_studies_can_be_groups(tmp_path: Path) -> None:
    for number in range(4):
        write(tmp_path / ("ill" if number % 2 else "well") / f"{number}.dcm", picture(number, PatientID="ANONYMOUS"))
    found = source(tmp_path)
    assert len({record.group for record in found.records()}) == 1
    assert "placeholder" in found.notes[0]
    by_study = source(tmp_path, group_by="study")
    assert len({record.group for record in by_study.records()}) == 4
    assert by_study.notes == ()


@pytest.mark.parametrize(
    ("origin", "expected"),
    [("equipment", "ACME Scan 3000"), ("none", ""), ("institution", None)],
)
def test_origin_is_the_equipment_or_a_hash_of_the_institution(tmp_path: Path, origin: str, expected: str) -> None:
    for number, label in enumerate(("ill", "well")):
        maker = {"Manufacturer": "ACME", "ManufacturerModelName": "Scan 3000", "InstitutionName": "Toboso"}
        write(tmp_path / label / "0.dcm", picture(number, **maker))
    records = list(source(tmp_path, origin=origin).records())
    if expected is None:
        expected = pseudonym("institution", "toboso", salt=read_salt())
    assert {record.origin for record in records} == {expected}


RICH = gray_dataset(
    ramp(np.int16, low=-1000, high=2000),
    **SECRETS,
    Manufacturer="ACME",
    RescaleSlope="1.5",
    RescaleIntercept=-10,
    WindowCenter=[40, 100],
    WindowWidth=[1400, 20],
    PixelPaddingValue=-1000,
)


def rich_files() -> dict[str, bytes]:
    """Files of every kind of pixels and tables, with everything that may identify a patient, in odd places too."""
    RICH.private_block(0x0009, "Quixano^Alonso", create=True).add_new(0x10, "LO", "PID-77431")
    comment = b"\xff\xfe" + (2 + len(b"Quixano^Alonso")).to_bytes(2, "big") + b"Quixano^Alonso"
    picture_1 = textured(1, size=32)
    jpeg = encode(picture_1, "JPEG")
    jpeg = jpeg[:2] + comment + b"\xff\xe1\x00\x11Exif\0\0PID-77431" + jpeg[2:] + b"Quixano^Alonso"
    voi = lookup_table([256, -3, 12], [index * 16 for index in range(256)])
    voi.LUTExplanation = "for Dr Panza"
    palette = gray_dataset(ramp(np.uint8), **SECRETS, PhotometricInterpretation="PALETTE COLOR")
    for color in ("Red", "Green", "Blue"):
        palette.add_new(f"{color}PaletteColorLookupTableDescriptor", "US", [256, 0, 16])
        palette.add_new(f"{color}PaletteColorLookupTableData", "OW", bytes(range(256)) * 2)
    rgb = np.stack([textured(seed, size=32) for seed in range(3)], axis=2)
    swapped = gray_dataset(ramp(np.int16).byteswap(), **SECRETS, RescaleSlope=1, RescaleIntercept=0)
    # The padding and the data after the pixels of a native file may hold anything.
    padded = changed(gray_dataset(ramp(np.uint8), **SECRETS), PixelData=ramp(np.uint8).tobytes() + b"Quixano^Alonso")
    return {
        "gray": dicom_bytes(RICH),
        "implicit": dicom_bytes(RICH, syntax=ImplicitVRLittleEndian),
        "big endian": dicom_bytes(swapped, syntax=ExplicitVRBigEndian),
        "table": dicom_bytes(gray_dataset(ramp(np.int8), **SECRETS, VOILUTSequence=[voi])),
        "modality table": dicom_bytes(gray_dataset(ramp(np.int8), **SECRETS, ModalityLUTSequence=[voi])),
        "palette": dicom_bytes(palette),
        "color": dicom_bytes(color_dataset(rgb, **SECRETS)),
        "jpeg": compressed(gray_dataset(picture_1, **SECRETS), [jpeg], JPEGBaseline8Bit),
        "jpeg 2000": compressed(gray_dataset(picture_1, **SECRETS), [jpeg_2000()], JPEG2000Lossless),
        "rle": compressed(
            gray_dataset(textured(1, size=32), **SECRETS), [rle_frame([textured(1, size=32)])], RLELossless
        ),
        "padded": dicom_bytes(padded),
    }


def jpeg_2000() -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(textured(1, size=32)).save(buffer, "JPEG2000", no_jp2=True, comment="Quixano^Alonso")
    assert b"Quixano" in buffer.getvalue()
    return buffer.getvalue()


@pytest.fixture
def rich(tmp_path: Path) -> tuple[DicomSource, dict[str, ImageRecord]]:
    for number, (name, data) in enumerate(rich_files().items()):
        path = tmp_path / "data" / ("ill" if number % 2 else "well") / f"{name}.dcm"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    found = source(tmp_path / "data", origin="institution")
    return found, {record.name: record for record in found.records()}


def test_nothing_that_identifies_a_patient_is_in_a_record(rich) -> None:
    found, records = rich
    assert len(records) == len(rich_files())
    words = [part for value in SECRETS.values() for part in value.replace("^", " ").split(" ") if len(part) > 3]
    stored = b"".join(record.encoded for record in records.values())
    stored += repr([(record.name, record.label, record.group, record.origin) for record in records.values()]).encode()
    stored += repr((found.skipped_files, found.notes, found.classes)).encode()
    for word in {*words, *(value for value in SECRETS.values())}:
        assert word.encode() not in stored, word
        assert word.encode("utf-16-le") not in stored, word


def test_a_record_shows_the_same_pixels_as_its_file(rich) -> None:
    found, records = rich
    for name, record in records.items():
        original = decode_dicom((found.root / name).read_bytes())
        np.testing.assert_array_equal(decode_dicom(record.encoded), original, err_msg=name)
        header = read_header(record.encoded)
        assert (header.height, header.width, header.mode) == (
            *original.shape[:2],
            "L" if original.shape[2] == 1 else "RGB",
        )


def test_a_record_is_a_dicom_file_of_few_elements_that_pydicom_reads(rich) -> None:
    for record in rich[1].values():
        dataset = pydicom.dcmread(io.BytesIO(record.encoded))
        assert {element.tag.group for element in dataset} <= {0x0028, 0x7FE0}
        assert [element.keyword for element in dataset.file_meta] == [
            "FileMetaInformationGroupLength",
            "TransferSyntaxUID",
        ]
        assert dataset.pixel_array.shape[:2] == (dataset.Rows, dataset.Columns)


def test_the_same_picture_under_another_patient_gives_the_same_bytes(tmp_path: Path) -> None:
    for label, syntax in (("ill", ExplicitVRLittleEndian), ("well", ImplicitVRLittleEndian)):
        write(tmp_path / label / "0.dcm", picture(1, PatientID=label, StudyDate="20200101"), syntax=syntax)
    ill, well = source(tmp_path).records()
    assert ill.encoded == well.encoded
    assert ill.group != well.group


@pytest.mark.parametrize("kept", [0.3, 0.7, 0.98])
@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, RLELossless])
def test_a_file_whose_pixels_are_cut_short_becomes_a_record_that_is_refused(
    tmp_path: Path, kept: float, syntax: str
) -> None:
    root = tree(tmp_path)
    whole = dicom_bytes(picture(5))
    if syntax == RLELossless:
        whole = compressed(picture(5), [rle_frame([textured(5, size=32)])], syntax)
    start = whole.index(b"\xe0\x7f\x10\x00") + 12
    (root / "ill" / "cut.dcm").write_bytes(whole[: start + int(kept * (len(whole) - start))])
    found = source(root)
    (record,) = found.records({"ill/cut.dcm"})
    with pytest.raises(ImageRefusedError):
        decode_image(record.encoded, color_mode="gray")
    assert_nothing_is_lost(found)


def test_a_header_cut_anywhere_is_a_record_or_a_reason_and_never_an_error(tmp_path: Path) -> None:
    root = tree(tmp_path)
    whole = dicom_bytes(gray_dataset(ramp(np.uint8), **SECRETS, **{"RescaleSlope": 1, "RescaleIntercept": 0}))
    for length in range(0, len(whole), 3):
        (root / "ill" / f"{length:04d}.dcm").write_bytes(whole[:length])
    found = source(root)
    assert_nothing_is_lost(found)
    for word in ("Quixano", "PID-77431"):
        assert word not in repr(found.skipped_files)


def test_labels_are_mapped_and_dropped(tmp_path: Path) -> None:
    for number, label in enumerate(("covid", "COVID 19", "normal", "other")):
        write(tmp_path / label / "0.dcm", picture(number))
    found = source(tmp_path, data={"labels": {"covid 19": "covid", "other": None}})
    assert found.classes == ("covid", "normal")
    assert labels(found) == {"COVID 19/0.dcm": "covid", "covid/0.dcm": "covid", "normal/0.dcm": "normal"}
    assert found.skipped_files == (("other/0.dcm", "left out by its label (other)"),)
    assert_nothing_is_lost(found)


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


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"labels_from": "tag", "label_tag": "PatientID"}, "must not be PatientID"),
        ({"labels_from": "tag", "label_tag": "PatientName"}, "must not be PatientName"),
        ({"labels_from": "tag", "label_tag": "StudyInstanceUID"}, "must not be"),
        ({"labels_from": "tag", "label_tag": "BodyPart"}, "must be a keyword"),
        ({"labels_from": "tag", "label_tag": "(0010,0010)"}, "must be a keyword"),
        ({"labels_from": "tag"}, "go together"),
        ({"labels_from": "table"}, "go together"),
        ({"table": "labels.csv"}, "go together"),
        ({"split_column": "split"}, "there is no table"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(tmp_path: Path, settings: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        source(tmp_path, **settings)


def test_the_salt_is_kept_for_its_owner_alone_and_stays(tmp_path: Path) -> None:
    first = read_salt()
    path = tmp_path / "home" / "pseudonym_salt"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_salt() == first
    assert [file.name for file in path.parent.iterdir()] == ["pseudonym_salt"]


def test_a_short_salt_is_refused_without_telling_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDIMAGE_SALT", "hunter2")
    with pytest.raises(ConfigurationError) as caught:
        read_salt()
    assert "hunter2" not in str(caught.value)


def test_processes_that_start_together_get_one_salt(tmp_path: Path) -> None:
    program = "from medimage.data.sources.dicom.pseudonym import read_salt; print(read_salt().decode())"
    environment = {**os.environ, "MEDIMAGE_HOME": str(tmp_path / "shared")}
    running = [
        subprocess.Popen([sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE) for _ in range(4)
    ]
    assert len({process.communicate()[0] for process in running}) == 1


@pytest.mark.parametrize(
    "prepare",
    [
        pytest.param(lambda file: file.write_text("abc"), id="cut short"),
        pytest.param(lambda file: file.write_bytes(b"\xff" * 40), id="no text"),
        pytest.param(lambda file: file.mkdir(), id="a folder"),
    ],
)
def test_a_salt_file_that_cannot_be_used_is_refused(tmp_path: Path, prepare: Callable[[Path], object]) -> None:
    (tmp_path / "home").mkdir()
    prepare(tmp_path / "home" / "pseudonym_salt")
    with pytest.raises(StorageError):
        read_salt()


def test_the_audit_looks_at_dicom_records(tmp_path: Path) -> None:
    root = tree(tmp_path)
    for label, number in (("ill", 90), ("well", 91)):
        samples = np.stack([textured(number + shift, size=32) for shift in range(3)], axis=2)
        write(root / label / "color.dcm", color_dataset(samples))
    looks = {
        record.name: look_at(record.encoded, color_mode="gray", maximum_aspect_ratio=5)
        for record in source(root).records()
    }
    assert all(look.exclusion is None and (look.height, look.width) == (32, 32) for look in looks.values())
    assert looks["ill/color.dcm"].traits == {"colour"}
    assert looks["ill/0.dcm"].traits == set()
