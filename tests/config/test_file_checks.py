import os
from pathlib import Path

import pytest

from medimage.config.file_checks import input_problems, output_problem
from medimage.config.layers import Layer

as_root = pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind root")


def check(values: object) -> list[str]:
    return list(input_problems(Layer(values=values, origins={})))


def test_existing_inputs_have_no_problem(tmp_path):
    weights = tmp_path / "w.safetensors"
    weights.touch()
    values = {"data": {"source": "folder", "path": str(tmp_path)}, "model": {"weights": str(weights)}}
    assert check({**values, "data": {**values["data"], "manifest": str(weights)}}) == []


def test_file_for_a_folder_and_folder_for_a_file_are_told_apart(tmp_path):
    file = tmp_path / "x"
    file.touch()
    (problem,) = check({"data": {"source": "folder", "path": str(file), "manifest": "auto"}})
    assert "expected a folder" in problem
    assert "is a file" in problem
    (problem,) = check({"model": {"weights": str(tmp_path)}})
    assert "expected a file" in problem
    assert "is a folder" in problem


def test_an_archive_is_a_file_and_the_other_local_sources_are_folders(tmp_path):
    archive = tmp_path / "images.zip"
    archive.touch()
    assert check({"data": {"source": "archive", "path": str(archive), "manifest": "none"}}) == []
    (problem,) = check({"data": {"source": "archive", "path": str(tmp_path), "manifest": "none"}})
    assert "data.path: expected a file" in problem
    for source in ("table", "dicom"):
        assert check({"data": {"source": source, "path": str(tmp_path)}}) == []
        (problem,) = check({"data": {"source": source, "path": str(archive)}})
        assert "data.path: expected a folder" in problem


def test_a_table_lies_relative_to_its_data(tmp_path):
    (tmp_path / "metadata.csv").touch()
    values = {"source": "table", "path": str(tmp_path)}
    assert check({"data": {**values, "table": {"file": "metadata.csv"}}}) == []
    assert check({"data": {**values, "table": {"file": str(tmp_path / "metadata.csv")}}}) == []
    (problem,) = check({"data": {**values, "table": {"file": "meta.csv"}}})
    assert f"data.table.file: there is no file {tmp_path / 'meta.csv'}; did you mean" in problem
    values = {"source": "dicom", "path": str(tmp_path)}
    assert check({"data": {**values, "dicom": {"table": "metadata.csv"}}}) == []
    (problem,) = check({"data": {**values, "dicom": {"table": ""}}})
    assert "data.dicom.table: expected a file but got an empty name" in problem


def test_a_missing_table_of_dicom_data_brings_up_no_folder_or_image_that_is_called_by_a_patient(tmp_path):
    (tmp_path / "Quixano^Alonso").mkdir()
    (tmp_path / "Quixano.dcm").touch()
    values = {"source": "dicom", "path": str(tmp_path), "dicom": {"table": "Quixano.csv"}}
    assert check({"data": values}) == [f"data.dicom.table: there is no file {tmp_path / 'Quixano.csv'}"]
    (tmp_path / "Quixano1.csv").touch()
    (problem,) = check({"data": values})
    assert problem.endswith(f"did you mean {tmp_path / 'Quixano1.csv'}?")


def test_missing_folder_names_its_like(tmp_path):
    (tmp_path / "brain4").mkdir()
    (problem,) = check({"data": {"source": "folder", "path": str(tmp_path / "brain"), "manifest": "none"}})
    assert f"no folder {tmp_path / 'brain'}; did you mean {tmp_path / 'brain4'}?" in problem


@pytest.mark.parametrize("values", [None, 5, {}, {"data": 5}, {"data": {"source": "folder", "path": 5}}, {"model": []}])
def test_values_of_a_wrong_type_are_left_to_the_schema(values):
    assert check(values) == []


@pytest.mark.parametrize("name", ["a" * 5000, "a\0b"])
def test_impossible_names_are_missing_files(name):
    (problem,) = check({"model": {"weights": name}})
    assert "no file" in problem


def test_output_in_a_writable_folder_is_fine_and_leaves_nothing(tmp_path):
    assert output_problem(tmp_path / "x.json", option="--summary") is None
    assert list(tmp_path.iterdir()) == []


def test_output_over_an_earlier_file_is_fine_and_keeps_it(tmp_path):
    path = tmp_path / "x.json"
    path.write_text("before")
    assert output_problem(path, option="--summary") is None
    assert path.read_text() == "before"


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs /proc, where not even root can make files")
def test_output_where_no_file_can_be_made_is_refused():
    problem = output_problem(Path("/proc/x.json"), option="--summary")
    assert problem is not None
    assert "--summary: cannot write in /proc" in problem


@as_root
def test_output_without_permission_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    assert "Permission denied" in str(output_problem(tmp_path / "x.json", option="--summary"))
