import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from medimage.config.data import DataConfig
from medimage.config.evaluation import EvaluationConfig
from medimage.config.loading import config_to_yaml, load_config
from medimage.config.metadata import MetadataColumn
from medimage.config.run import RunConfig
from medimage.config.subgroups import SubgroupConfig
from medimage.errors import ConfigurationError


def data(metadata: object, **settings: object) -> DataConfig:
    values = {"source": "table", "path": "x", **settings, "metadata": metadata}
    return DataConfig.model_validate_json(json.dumps(values), strict=True)


def test_a_list_a_name_and_a_mapping_mean_the_same() -> None:
    sex = {"sex": MetadataColumn(column="sex")}
    assert data(["sex"]).metadata_columns == sex
    assert data({"sex": "sex"}).metadata_columns == sex
    assert data({"sex": {"column": "sex"}}).metadata_columns == sex
    assert data({}).metadata_columns == {}
    ages = data({"age": {"column": "years", "bands": [0, 18.5, 40]}}).metadata_columns["age"]
    assert (ages.column, ages.bands) == ("years", (0.0, 18.5, 40.0))


@pytest.mark.parametrize(
    ("metadata", "settings", "message"),
    [
        (["sex", "sex"], {}, "metadata names a column twice"),
        ({"sex": "a", "Sex ": "b"}, {}, "metadata names one kind of subgroup twice: 'sex' and 'Sex '"),
        ({"a": "sex", "b": "SEX"}, {}, "reads 'SEX' twice in the same way, as 'a' and as 'b'"),
        ({"Origin": "site"}, {}, "the origin of images is a subgroup without being asked for"),
        ({" ": "site"}, {}, "a name that is empty"),
        ({"age": {"column": "age", "bands": [0, 40, 18]}}, {}, r"bands must rise .* \[0.0, 40.0, 18.0\]"),
        ({"age": {"column": "age", "bands": [0, 0]}}, {}, "bands must rise"),
        ({"age": {"column": "age", "bands": [5]}}, {}, "at least 2 items"),
        ({"age": {"column": "age", "band": [5, 6]}}, {}, "band"),
        (["sex"], {"source": "synthetic"}, "phantoms have none beside their scanner"),
        (["sex"], {"source": "folder", "manifest": "none"}, "manifest is 'none'"),
    ],
)
def test_metadata_that_cannot_be_meant_are_refused(metadata: object, settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        data(metadata, **settings)


def test_one_column_may_be_read_twice_in_different_bands() -> None:
    columns = data({"age": {"column": "age", "bands": [0, 50]}, "decade": {"column": "age", "bands": [0, 10, 20]}})
    assert list(columns.metadata_columns) == ["age", "decade"]


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"who": "PatientID"}, "may say whose an image is"),
        ({"who": "PatientName"}, "may say whose an image is"),
        ({"born": "PatientBirthDate"}, "may say whose an image is"),
        ({"note": "StudyDescription"}, "may say whose an image is"),
        ({"sex": "PatientSx"}, "did you mean PatientSex"),
        ({"private": "(0011,1001)"}, "may say whose an image is"),
        ({"age": "PatientAge"}, "give bands"),
        ({"age": {"column": "PatientAge", "bands": [0, 95]}}, "89"),
        ({"place": {"column": "InstitutionName", "bands": [0, 5]}}, "is no number"),
    ],
)
def test_elements_of_dicom_files_that_tell_of_a_person_are_refused(metadata: object, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        data(metadata, source="dicom")
    with pytest.raises(ValidationError, match=message):
        data(metadata, source="archive", layout="dicom")


def test_elements_of_dicom_files_that_tell_of_a_kind_are_read() -> None:
    metadata = {"sex": "PatientSex", "age": {"column": "PatientAge", "bands": [0, 18, 90]}, "place": "InstitutionName"}
    assert list(data(metadata, source="dicom").metadata_columns) == ["sex", "age", "place"]


def test_a_configuration_file_with_metadata_reads_back_as_it_was(tmp_path: Path) -> None:
    file, again = tmp_path / "a.yaml", tmp_path / "b.yaml"
    file.write_text("data: {source: table, path: x, metadata: {sex: Sex, age: {column: Years, bands: [0, 18, 40]}}}\n")
    config = load_config([file], check_files=False)
    again.write_text(config_to_yaml(config))
    assert load_config([again], check_files=False) == config
    file.write_text("data: {source: table, path: x, metadata: [sex, site]}\n")
    assert list(load_config([file], check_files=False).data.metadata_columns) == ["sex", "site"]


def test_a_misspelt_key_of_a_column_names_the_file(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("data: {source: table, path: x, metadata: {age: {column: age, band: [0, 18]}}}\n")
    with pytest.raises(ConfigurationError, match=r"data\.metadata\.age.*a\.yaml"):
        load_config([file], check_files=False)


def test_bands_that_do_not_rise_are_told_so_and_not_that_they_are_no_name(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("data: {source: table, path: x, metadata: {age: {column: age, bands: [65, 40]}}}\n")
    with pytest.raises(ConfigurationError, match=r"data\.metadata\.age: bands must rise .* \[65\.0, 40\.0\]"):
        load_config([file], check_files=False)


@pytest.mark.parametrize(
    ("columns", "message"),
    [(["sexx"], "did you mean sex"), (["race"], r"expected some of \['origin', 'sex'\]")],
)
def test_subgroups_are_those_of_metadata(columns: list[str], message: str) -> None:
    values = {"data": {"source": "table", "path": "x", "metadata": ["sex"]}}
    known = {"evaluation": {"subgroups": {"columns": ["origin", "sex"]}}}
    assert RunConfig.model_validate(values | known).evaluation.subgroups.columns == ("origin", "sex")
    with pytest.raises(ValidationError, match=message):
        RunConfig.model_validate(values | {"evaluation": {"subgroups": {"columns": columns}}})


def test_what_is_measured_of_all_images_does_not_depend_on_how_subgroups_are() -> None:
    own = EvaluationConfig(confidence=0.9, subgroups=SubgroupConfig(minimum_cases=5, columns=()))
    assert own.for_all_images() == EvaluationConfig(confidence=0.9)


@pytest.mark.parametrize("wrong", [{"minimum_cases": 1}, {"maximum_levels": 1}, {"false_alarm": 0}, {"columns": "sex"}])
def test_subgroups_that_cannot_be_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SubgroupConfig.model_validate(wrong)
