from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from medimage.errors import DataError
from tests.support.dicom_files import WITHOUT_PYDICOM_WARNINGS
from tests.support.dicom_trees import assert_nothing_is_lost, labels, picture, source, tree, write

pytestmark = [pytest.mark.usefixtures("own_salt"), WITHOUT_PYDICOM_WARNINGS]


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
    assert found.skipped_files == (("3.dcm", f"cannot be used: it has no {tag}"),)
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
        ("P0,ill\nP1,well\n", "its first line, of 2 cells, names none so"),
        ("PatientID,label,label,P0\nP0,ill,ill,x\n", "'label' more than once."),
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


def test_a_split_that_is_none_is_told_by_its_line(tmp_path: Path) -> None:
    write(tmp_path / "0.dcm", picture(0))
    (tmp_path / "labels.csv").write_text("path,label,part\n0.dcm,ill,Quixano\n")
    with pytest.raises(DataError, match="gives in line 2 another split: expected one of") as caught:
        len(source(tmp_path, labels_from="table", table="labels.csv", split_column="part"))
    assert "Quixano" not in str(caught.value)


def test_labels_are_mapped_and_dropped(tmp_path: Path) -> None:
    for number, label in enumerate(("covid", "COVID 19", "normal", "other")):
        write(tmp_path / label / "0.dcm", picture(number))
    found = source(tmp_path, data={"labels": {"covid 19": "covid", "other": None}})
    assert found.classes == ("covid", "normal")
    assert labels(found) == {"COVID 19/0.dcm": "covid", "covid/0.dcm": "covid", "normal/0.dcm": "normal"}
    assert found.skipped_files == (("other/0.dcm", "left out by its label (other)"),)
    assert_nothing_is_lost(found)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"labels_from": "tag", "label_tag": "PatientID"}, "one of AcquisitionContrast.*'PatientID'"),
        ({"labels_from": "tag", "label_tag": "PatientName"}, "not whose it is"),
        ({"labels_from": "tag", "label_tag": "StudyInstanceUID"}, "not whose it is"),
        ({"labels_from": "tag", "label_tag": "ClinicalTrialSubjectID"}, "not whose it is"),
        ({"labels_from": "tag", "label_tag": "ServiceEpisodeID"}, "not whose it is"),
        ({"labels_from": "tag", "label_tag": "PersonTelephoneNumbers"}, "not whose it is"),
        ({"labels_from": "tag", "label_tag": "BodyPart"}, "not whose it is"),
        ({"labels_from": "tag", "label_tag": "(0010,0010)"}, "not whose it is"),
        *(
            ({"labels_from": "table", "table": "labels.csv", "label_column": column}, "not with whose they are")
            for column in ("PatientName", "patient_id", "Date of birth", "MRN")
        ),
        ({"labels_from": "tag"}, "go together"),
        ({"labels_from": "table"}, "go together"),
        ({"table": "labels.csv"}, "go together"),
        ({"split_column": "split"}, "there is no table"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(tmp_path: Path, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        source(tmp_path, **settings)
