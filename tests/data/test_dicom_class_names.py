from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import EncapsulatedPDFStorage

from medimage.errors import DataError
from tests.support.dicom_files import WITHOUT_PYDICOM_WARNINGS, changed
from tests.support.dicom_trees import SECRETS, picture, source, tree, write

pytestmark = [pytest.mark.usefixtures("own_salt"), WITHOUT_PYDICOM_WARNINGS]


def test_folders_by_patient_are_no_classes(tmp_path: Path) -> None:
    write(tmp_path / "Quixano" / "1.dcm", picture(1, **SECRETS))
    write(tmp_path / "P7" / "1.dcm", picture(7))
    with pytest.raises(DataError, match="2 of 2 are called by a patient") as caught:
        len(source(tmp_path))
    assert "Quixano" not in str(caught.value)


def test_a_class_may_be_called_as_patients_are(tmp_path: Path) -> None:
    for number in range(2):
        write(tmp_path / "normal" / f"{number}.dcm", picture(number, PatientName=f"Normal^{number}"))
        write(tmp_path / "ill" / f"{number}.dcm", picture(10 + number))
    assert source(tmp_path).classes == ("ill", "normal")


def of_two_identities(root: Path) -> None:
    """Makes a folder for each of two patients, who both have a second number."""
    for folder, (name, number) in enumerate((("Quixano^Alonso", "PID-77431"), ("Panza^Sancho", "PID-88442"))):
        for file, patient in enumerate((number, f"{number}-OLD")):
            write(root / name / f"{file}.dcm", picture(10 * folder + file, PatientID=patient, PatientName=name))


def test_a_folder_called_by_a_patient_is_no_class_whoever_else_is_in_it(tmp_path: Path) -> None:
    of_two_identities(tmp_path / "two")
    write(tmp_path / "around" / "Panza" / "ill" / "0.dcm", picture(1))
    write(tmp_path / "around" / "Panza" / "well" / "0.dcm", picture(2, PatientName="Panza^Sancho"))
    # A file without an image names patients too.
    tree(tmp_path / "report" / "train")
    write(tmp_path / "report" / "train" / "Quixano" / "0.dcm", picture(3))
    report = changed(Dataset(), SOPClassUID=EncapsulatedPDFStorage, PatientName="Quixano^Alonso")
    write(tmp_path / "report" / "report.dcm", report)
    for data, refused in (("two", "2 of 2"), ("around", "1 of 1"), ("report", "1 of 3")):
        with pytest.raises(DataError, match=f"{refused} are called by a patient") as caught:
            len(source(tmp_path / data))
        for word in ("Quixano", "Panza", "77431"):
            assert word not in str(caught.value)


def test_a_name_as_dicom_writes_it_is_no_class_though_no_header_has_it(tmp_path: Path) -> None:
    tree(tmp_path)
    write(tmp_path / "Quixano^Alonso" / "0.dcm", picture(5))
    write(tmp_path / "10^3" / "0.dcm", picture(6))
    with pytest.raises(DataError, match="1 of 4 are called by a patient") as caught:
        len(source(tmp_path))
    assert "Quixano" not in str(caught.value)


@pytest.mark.parametrize("label", ["Quixano^Alonso", "quixano, a.", "PID 77431", "77431/2"])
def test_no_table_or_tag_makes_classes_of_patients(tmp_path: Path, label: str) -> None:
    root = tmp_path / "data"
    for number in range(6):
        word = label if number == 0 else ("ill", "well")[number % 2]
        write(root / f"{number}.dcm", picture(number, PatientID=f"77431-{number}", ProtocolName=word))
    write(root / "report.dcm", changed(Dataset(), SOPClassUID=EncapsulatedPDFStorage, **SECRETS))
    write(root / "second.dcm", changed(Dataset(), SOPClassUID=EncapsulatedPDFStorage, PatientID="77431"))
    (root / "labels.csv").write_text(f'path,label\n0.dcm,"{label}"\n1.dcm,ill\n2.dcm,well\n')
    by_tag: dict[str, Any] = {"labels_from": "tag", "label_tag": "ProtocolName"}
    by_table: dict[str, Any] = {"labels_from": "table", "table": "labels.csv"}
    for settings in (by_tag, by_table):
        with pytest.raises(DataError, match="1 of 3 are called by a patient") as caught:
            len(source(root, **settings))
        assert label not in str(caught.value)


def test_numbers_and_findings_are_classes_though_patients_are_called_so(tmp_path: Path) -> None:
    root = tmp_path / "data"
    for number in range(4):
        write(root / f"{number}.dcm", picture(number, PatientID=str(number), PatientName="Benign^Normal"))
    for classes in ("01", ("benign", "normal"), ("BI-RADS 2", "BI-RADS 3")):
        rows = [f"{number}.dcm,{classes[number // 2]}" for number in range(4)]
        (root / "labels.csv").write_text("\n".join(["path,label", *rows]))
        assert source(root, labels_from="table", table="labels.csv").classes == tuple(classes)
