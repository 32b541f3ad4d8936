import traceback
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import EncapsulatedPDFStorage

from medimage.config.data import DataConfig
from medimage.data.sources.dicom.identifiers import is_called_by, read_identifiers
from medimage.data.sources.dicom.plain_names import is_plain_name
from medimage.data.sources.fingerprint import source_fingerprint
from medimage.errors import DataError
from tests.support.dicom_files import WITHOUT_PYDICOM_WARNINGS, gray_dataset
from tests.support.dicom_trees import SECRETS, assert_nothing_is_lost, picture, source, tree, write
from tests.support.privileges import without_privileges

pytestmark = [pytest.mark.usefixtures("own_salt"), WITHOUT_PYDICOM_WARNINGS]


def secret(number: int, **attributes: object) -> Dataset:
    return picture(number, **{**SECRETS, **attributes})


@pytest.mark.parametrize(
    "component",
    [
        "Quixano^Alonso_PID-77431",
        "QUIXANO",
        "alonso.dcm",
        "AlonsoQuixano2",
        "pid77431",
        "PID_77431_chest",
        "xPID-77431",
        "scan-PID 77431",
        "OTHER-99812",
        "acc55120",
        "1547-09-29",
        "29.09.1547",
        "1.2.826.0.1.55.1",
        "IM_1.2.826.0.1.55.3.dcm",
        "1_2_826_0_1_55_2",
        "S-2291",
        "Qui\u0301xano",
    ],
)
def test_a_component_that_holds_an_identifier_is_recognized(component: str) -> None:
    identifiers = read_identifiers(gray_dataset(np.zeros((16, 16), np.uint8), **SECRETS, StudyID="2291"))
    assert is_called_by(component, identifiers)


@pytest.mark.parametrize(
    "component", ["1.dcm", "chest", "2.826", "55", "scan_2023", "PID", "IM0001", "1547", "", "\udcff"]
)
def test_a_component_that_holds_no_identifier_is_not_recognized(component: str) -> None:
    identifiers = read_identifiers(gray_dataset(np.zeros((16, 16), np.uint8), **SECRETS, StudyID="1"))
    assert not is_called_by(component, identifiers)


def test_names_of_every_alphabet_are_compared() -> None:
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.PatientName = "M\u00fcller^Zo\u00eb=\u738b^\u660e"
    identifiers = read_identifiers(dataset)
    for component in ("muller", "ZOE", "Mu\u0308ller, Zoe", "\u738b\u660e", "\u738b_\u660e"):
        assert is_called_by(component, identifiers), component


@pytest.mark.parametrize(
    ("name", "number", "components"),
    [
        ("M\u00fcller^Zo\u00eb", "77431", ["Mueller", "MUELLER_CT", "muller", "ct-Mueller2", "Zoe", "ZMueller"]),
        ("Mueller^Zoe", "0077431", ["M\u00fcller", "77431", "PAT77431", "PAT0077431", "00077431"]),
        ("\u0141ukasiewicz^Jan", "A-00815", ["Lukasiewicz", "LUKASIEWICZ_JAN", "A0815"]),
        ("\u00d8sterg\u00e5rd^S\u00f8ren", "7", ["Ostergard", "Oestergaard", "Ostergaard", "Soeren", "SOREN"]),
        ("Stra\u00dfer^\u00c6gir", "7", ["Strasser", "Aegir", "Agir"]),
        ("Quixano^Alonso", "7", ["aquixano", "quixanoa", "AQuixano_2023", "Alonso.Quixano", "PID_7"]),
        ("", "PID-0077431", ["PID77431", "pid_077431", "PID 77431"]),
    ],
)
def test_other_spellings_of_a_name_or_number_are_recognized(name: str, number: str, components: list[str]) -> None:
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.PatientName, dataset.PatientID = name, number
    identifiers = read_identifiers(dataset)
    assert [component for component in components if not is_called_by(component, identifiers)] == []


def test_counted_files_and_other_words_are_not_recognized_by_a_likeness() -> None:
    dataset = Dataset()
    dataset.PatientName, dataset.PatientID = "Mueller^Noe", "0001"
    identifiers = read_identifiers(dataset)
    for component in ("1.dcm", "IM_1", "001", "mule", "no", "blue", "scan_0010"):
        assert not is_called_by(component, identifiers), component
    assert is_called_by("0001", identifiers)


def test_folders_and_files_called_by_a_patient_get_pseudonyms_and_can_be_found(tmp_path: Path) -> None:
    write(tmp_path / "ill" / "Quixano^Alonso_PID-77431" / "CT" / "1.2.826.0.1.55.3.dcm", secret(0))
    write(tmp_path / "ill" / "Quixano^Alonso_PID-77431" / "1.dcm", secret(1, PatientID="", PatientName="Z^Y"))
    write(tmp_path / "test" / "well" / "Quixano^Alonso_PID-77431" / "2.dcm", secret(2))
    write(tmp_path / "test" / "well" / "CT" / "3.dcm", picture(3))
    found = source(tmp_path)
    records = list(found.records())
    by_path = {found.path_of(record.name).relative_to(tmp_path).as_posix(): record.name for record in records}
    one, other, plain, third = (name.split("/") for _, name in sorted(by_path.items()))
    assert plain == ["test", "well", "CT", "3.dcm"]
    assert (one[0], one[2:]) == ("ill", ["1.dcm"])
    assert (other[0], other[2], third[:2], third[3]) == ("ill", "CT", ["test", "well"], "2.dcm")
    # One folder's name has one pseudonym, wherever it stands, and a file keeps its suffix.
    assert one[1] == other[1] == third[2]
    assert one[1].startswith("name-")
    assert other[3].endswith(".dcm")
    assert len({record.name for record in records}) == 4
    assert [record.name for record in found.records({by_path["ill/Quixano^Alonso_PID-77431/1.dcm"]})] == ["/".join(one)]
    assert "3 of 4 paths could name patients" in found.notes[-1]
    assert [record.name for record in source(tmp_path).records()] == [record.name for record in records]


def test_files_that_are_skipped_tell_no_patient_either(tmp_path: Path) -> None:
    root = tree(tmp_path / "data")
    folder = root / "ill" / "Quixano_Alonso"
    write(folder / "PID-77431.dcm", secret(5, BurnedInAnnotation="YES"))
    write(folder / "movie" / "2.dcm", secret(6, NumberOfFrames=2, PixelData=bytes(2048)))
    report = Dataset()
    report.SOPClassUID, report.PatientName = EncapsulatedPDFStorage, "Panza^Sancho"
    write(root / "papers of Sancho" / "report.dcm", report)
    (folder / "notes on Alonso.txt").write_bytes(b"x")
    (folder / "PID-77431 cut.dcm").write_bytes(b"x")
    (root / ".Sancho Panza").mkdir()
    (root / ".Sancho Panza" / "1.dcm").write_bytes(b"x")
    found = source(root)
    told = repr(found.skipped_files)
    assert len(found.skipped_files) == 6
    for word in ("Quixano", "Alonso", "77431", "Sancho", "Panza"):
        assert word not in told
    assert_nothing_is_lost(found)
    assert {found.path_of(name).name for name, _ in found.skipped_files} == {
        "PID-77431.dcm",
        "2.dcm",
        "report.dcm",
        "notes on Alonso.txt",
        "PID-77431 cut.dcm",
        "1.dcm",
    }


@pytest.mark.parametrize("trouble", ["dangling file", "linked folder", "closed folder", "gone since"])
def test_what_cannot_be_read_is_told_so_that_its_owner_finds_it_and_nobody_is_named(
    tmp_path: Path, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDIMAGE_SALT", "sixteen characters")
    monkeypatch.chdir(tmp_path)
    root = tree(tmp_path / "data")
    folder = root / "ill" / "Quixano^Alonso_PID-77431"
    broken = folder / "Quixano.dcm"
    write(folder / "1.dcm", secret(5))
    if trouble == "dangling file":
        broken.symlink_to("/nowhere")
    elif trouble == "linked folder":
        broken.symlink_to(root / "well")
    elif trouble == "closed folder":
        broken.mkdir(mode=0)
    found = source(Path("data"))
    reads = [lambda: list(found.records())]
    if trouble == "gone since":
        len(found)
        (folder / "1.dcm").unlink()
    elif trouble != "dangling file":
        # A link to nothing is nothing that could change.
        config = DataConfig(source="dicom", path=Path("data"))
        reads.append(lambda: source_fingerprint(config, cache=Path("cache")))
    for read in reads:
        with without_privileges(tmp_path, monkeypatch), pytest.raises(DataError) as caught:
            read()
        told = "".join(traceback.format_exception(caught.value))
        assert not any(word in told for word in ("Quixano", "Alonso", "77431"))
        assert trouble == "gone since" or f"-inum {broken.lstat().st_ino} shows it" in told


def test_frames_of_a_renamed_file_are_found(tmp_path: Path) -> None:
    root = tree(tmp_path)
    write(root / "ill" / "PID-77431.dcm", secret(5, NumberOfFrames=2, PixelData=bytes(range(256)) * 8))
    found = source(root, frames="expand")
    names = [record.name for record in found.records() if "#frame" in record.name]
    assert [name.partition("#")[2] for name in names] == ["frame-1", "frame-2"]
    assert {found.path_of(name).name for name in names} == {"PID-77431.dcm"}
    with pytest.raises(KeyError):
        found.path_of("ill/99.dcm")


def test_labels_by_path_are_found_in_folders_called_by_patients(tmp_path: Path) -> None:
    write(tmp_path / "Quixano" / "1.dcm", secret(1))
    write(tmp_path / "Other" / "1.dcm", picture(7))
    (tmp_path / "labels.csv").write_text("path,label\nQuixano/1.dcm,ill\nOther/1.dcm,well\n")
    found = source(tmp_path, labels_from="table", table="labels.csv")
    assert {record.label for record in found.records()} == {"ill", "well"}
    assert "Quixano" not in repr([record.name for record in found.records()])


@pytest.mark.parametrize(
    "component",
    [
        *("CT", "series 2", "IM0012.dcm", "IMG-001", "S12", "0.dcm", "999", "00000031", "DICOMDIR", "chest", "@eaDir"),
        *("__MACOSX", "notes.txt", "photo 3.jpeg", ".DS_Store", "ChestXray", "(copy)"),
    ],
)
def test_words_of_files_and_counts_plainly_tell_nobody(component: str) -> None:
    assert is_plain_name(component)


@pytest.mark.parametrize(
    "component",
    [
        *("Quixano", "77431", "77431.dcm", "CT 77431", "1961-02-03", "03-02-61", "031-077", "A_Q", "AQ", "1234.dcm"),
        *("CT_Quixano.dcm", "Qu1xano", "\u738b", "M\u00fcller", "scan^2", "1.2.826.0.1.55", "IM0001.Quixano", "\udcff"),
    ],
)
def test_everything_else_could_tell_somebody(component: str) -> None:
    assert not is_plain_name(component)


def test_what_no_header_says_is_in_no_name_of_a_file_either(tmp_path: Path) -> None:
    root = tree(tmp_path / "data")
    bare = {"PatientID": "PID-77431", "PatientName": "Quixano^Alonso"}
    for number, path in enumerate(
        ("77431/1.dcm", "77431.dcm", "77431_a.dcm", "A. Quix/2.dcm", "Panza, S/note.dcm", "CT/1961-02-03/3.dcm")
    ):
        write(root / "ill" / path, picture(20 + number, **bare))
    (root / "ill" / "Panza, S" / "letter to Panza.txt").write_text("x")
    found = source(root)
    names = [name for name, _ in found.skipped_files] + [record.name for record in found.records()]
    for word in ("77431", "Quix", "Panza", "1961"):
        assert word not in repr((names, found.skipped_files, found.notes)), word
    assert {name for name in names if "name-" not in name} == {"ill/0.dcm", "ill/1.dcm", "well/0.dcm", "well/1.dcm"}
    assert len({found.path_of(name) for name in names}) == 11
