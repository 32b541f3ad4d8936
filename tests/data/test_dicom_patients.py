import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.uid import EncapsulatedPDFStorage
from scipy.sparse.csgraph import connected_components

from medimage.data.sources.dicom.entries import Identity
from medimage.data.sources.dicom.grouping import Groups
from medimage.data.sources.dicom.pseudonym import pseudonym, read_salt
from medimage.data.sources.dicom.source import DicomSource
from tests.support.dicom_files import WITHOUT_PYDICOM_WARNINGS
from tests.support.dicom_trees import picture, source, write

pytestmark = [pytest.mark.usefixtures("own_salt"), WITHOUT_PYDICOM_WARNINGS]


def groups_of(found: DicomSource) -> dict[str, str]:
    return {record.name.rpartition("/")[2].removesuffix(".dcm"): record.group for record in found.records()}


def people(root: Path, *identities: tuple[str, str, str]) -> Path:
    """Writes a file for each patient, issuer and study, in two classes."""
    for number, (patient, issuer, study) in enumerate(identities):
        identity = {"PatientID": patient, "IssuerOfPatientID": issuer, "StudyInstanceUID": study}
        write(root / ("ill" if number % 2 else "well") / f"{number}.dcm", picture(number, **identity))
    return root


def test_patients_are_groups_under_salted_hashes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    people(tmp_path, ("X", "A", "1.1"), ("X", "A", "1.2"), ("Y", "A", "1.3"), ("", "", "1.4"))
    found = source(tmp_path)
    groups = groups_of(found)
    assert groups["0"] == groups["1"]
    assert len(set(groups.values())) == 3
    assert groups["3"].startswith("study-")
    assert found.notes == ("1 of 4 DICOM files name no patient: they are grouped by their study.",)
    assert groups_of(source(tmp_path)) == groups
    monkeypatch.setenv("MEDIMAGE_SALT", "another salt, long enough")
    assert not set(groups.values()) & set(groups_of(source(tmp_path)).values())


def test_a_patient_is_one_group_whoever_issued_the_identifier(tmp_path: Path) -> None:
    people(tmp_path, ("X", "A", "1.1"), ("X", "", "1.2"), ("X", "B", "1.3"), ("Y", "A", "1.4"))
    found = source(tmp_path)
    groups = groups_of(found)
    assert groups["0"] == groups["1"] == groups["2"] != groups["3"]
    assert "1 patient identifiers come from several issuers" in found.notes[0]


def test_a_file_without_a_patient_belongs_to_whom_its_study_names(tmp_path: Path) -> None:
    people(tmp_path, ("", "", "1.1"), ("X", "", "1.1"), ("X", "", "1.2"), ("", "", "1.2"), ("", "", "1.9"))
    groups = groups_of(source(tmp_path))
    assert groups["0"] == groups["1"] == groups["2"] == groups["3"] != groups["4"]
    assert groups["0"].startswith("patient-")


def test_a_file_that_is_no_image_tells_whose_study_it_is(tmp_path: Path) -> None:
    people(tmp_path, ("", "", "1.1"), ("X", "", "1.2"))
    report = Dataset()
    report.SOPClassUID, report.PatientID, report.StudyInstanceUID = EncapsulatedPDFStorage, "X", "1.1"
    write(tmp_path / "ill" / "report.dcm", report)
    groups = groups_of(source(tmp_path))
    assert groups["0"] == groups["1"]


def test_patients_whom_one_study_names_are_one_group(tmp_path: Path) -> None:
    people(tmp_path, ("X", "", "1.1"), ("Y", "", "1.1"), ("Y", "", "1.2"), ("Z", "", "1.3"))
    found = source(tmp_path)
    groups = groups_of(found)
    assert groups["0"] == groups["1"] == groups["2"] != groups["3"]
    assert found.notes == ("1 studies name several patients: these are taken for one patient each.",)


identity_strategy = st.tuples(st.sampled_from(["", "X", "Y", "Z"]), st.sampled_from(["", "s", "t", "u", "v"]))


@given(st.lists(identity_strategy, max_size=12))
def test_files_that_share_a_patient_or_study_are_never_apart(files: list[tuple[str, str]]) -> None:
    identities = [Identity(patient=patient and f"patient-{patient}", study=study) for patient, study in files]
    groups = Groups(identities, by="patient")
    for one, other in itertools.product(identities, repeat=2):
        if (one.patient and one.patient == other.patient) or (one.study and one.study == other.study):
            assert groups.of(one) == groups.of(other)
    # Groups are no larger than that: as many as a graph of these links has parts.
    nodes = sorted({node for one in identities for node in (one.patient, one.study)} - {""})
    links = np.zeros((len(nodes), len(nodes)))
    for one in identities:
        if one.patient and one.study:
            links[nodes.index(one.patient), nodes.index(one.study)] = 1
    parts = connected_components(links, directed=False)[0] if nodes else 0
    assert len({groups.of(one) for one in identities} - {""}) == parts


def test_a_placeholder_for_all_patients_is_told_and_studies_can_be_groups(tmp_path: Path) -> None:
    for number in range(4):
        path = tmp_path / "data" / ("ill" if number % 2 else "well") / f"{number}.dcm"
        write(path, picture(number, PatientID="ANONYMOUS"))
    found = source(tmp_path / "data")
    assert len({record.group for record in found.records()}) == 1
    assert "placeholder" in found.notes[0]
    by_study = source(tmp_path / "data", group_by="study")
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
