import json
from pathlib import Path

import pytest

from medimage.config.data import DataConfig
from medimage.data.image_table import ImageTable
from medimage.data.sources.open_source import open_source
from medimage.errors import ConfigurationError, DataError
from tests.support.dicom_files import WITHOUT_PYDICOM_WARNINGS
from tests.support.dicom_trees import picture, tree, write
from tests.support.dicom_trees import source as dicom_source
from tests.support.folders import folder_source, write_manifest
from tests.support.images import encode, make_class_folders, textured


def write_table(root: Path, text: str) -> None:
    for number in range(4):
        (root / f"{number}.png").write_bytes(encode(textured(number)))
    (root / "table.csv").write_text(text)


def of_table(root: Path, metadata: object, **table: object) -> tuple[list[dict[str, str]], tuple[str, ...]]:
    config = DataConfig.model_validate(
        {"source": "table", "path": str(root), "metadata": metadata, "table": {"label_column": "dx", **table}}
    )
    found = open_source(config, cache=root / "cache")
    return [dict(record.metadata) for record in found.records()], found.notes


def test_columns_of_a_table_become_metadata_by_the_names_that_the_configuration_gives(tmp_path: Path) -> None:
    write_table(
        tmp_path,
        "image,dx,Patient sex,age,site,split\n0,ill,female,45.0,A,train\n1,ill, Male ,7,,test\n"
        "2,well,unknown,,B  b,\n3,well,NaN,064Y,B b,\n",
    )
    metadata = {"sex": "patient_sex", "age": {"column": "age", "bands": [0, 18, 65]}, "site": "site"}
    found, notes = of_table(tmp_path, metadata, split_column="split")
    assert found == [
        {"sex": "female", "age": "18 to below 65", "site": "A"},
        {"sex": "Male", "age": "0 to below 18", "site": ""},
        {"sex": "", "age": "", "site": "B b"},
        {"sex": "", "age": "18 to below 65", "site": "B b"},
    ]
    assert notes == ()


def test_the_label_itself_may_be_metadata(tmp_path: Path) -> None:
    write_table(tmp_path, "image,dx\n0,ill\n1,ill\n2,well\n3,well\n")
    assert of_table(tmp_path, {"diagnosis": "dx"})[0][0] == {"diagnosis": "ill"}


def test_a_column_that_is_not_there_is_told_with_the_nearest_and_the_key(tmp_path: Path) -> None:
    write_table(tmp_path, "image,dx,gender\n0,ill,f\n1,ill,f\n2,well,f\n3,well,f\n")
    with pytest.raises(DataError, match=r"'gendr'.*did you mean gender\?.*data\.metadata\.sex"):
        of_table(tmp_path, {"sex": "gendr"})


def test_a_column_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    write_table(tmp_path, "image,dx,sex,Sex\n0,ill,f,m\n1,ill,f,m\n2,well,f,m\n3,well,f,m\n")
    with pytest.raises(DataError, match="has the column 'sex' more than once"):
        of_table(tmp_path, ["sex"])


def test_rows_of_one_image_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    write_table(tmp_path, "image,dx,sex\n0,ill,f\n0,ill,m\n1,ill,f\n2,well,f\n3,well,f\n")
    with pytest.raises(DataError, match="says different things"):
        of_table(tmp_path, ["sex"])


def test_values_that_are_no_number_or_below_all_bands_are_not_stated_and_are_told(tmp_path: Path) -> None:
    write_table(tmp_path, "image,dx,age\n0,ill,-5\n1,ill,old\n2,well,30\n3,well,\n")
    found, notes = of_table(tmp_path, {"age": {"column": "age", "bands": [0, 50]}})
    assert [values["age"] for values in found] == ["", "", "0 to below 50", ""]
    assert notes == (
        "1 of 4 images have no number as age ('age' in table.csv), such as old: it counts as not stated.",
        "1 of 4 images are below the first band of age, which begins at 0 ('age' in table.csv): it counts as not "
        "stated.",
    )


def test_bands_for_dates_are_refused(tmp_path: Path) -> None:
    write_table(tmp_path, "image,dx,age\n0,ill,2020-01-02\n1,ill,2020-01-03\n2,well,2020-01-02\n3,well,\n")
    with pytest.raises(DataError, match=r"none of the 3 values of 'age' in table.csv is a number, such as 2020-01-02"):
        of_table(tmp_path, {"age": {"column": "age", "bands": [0, 50]}})


def test_a_column_without_any_value_is_metadata_that_nobody_states(tmp_path: Path) -> None:
    write_table(tmp_path, "image,dx,age\n0,ill,\n1,ill,\n2,well,\n3,well,\n")
    found, notes = of_table(tmp_path, {"age": {"column": "age", "bands": [0, 50]}})
    assert ([values["age"] for values in found], notes) == ([""] * 4, ())


def test_names_in_any_script_and_markup_are_kept_as_written(tmp_path: Path) -> None:
    write_table(tmp_path, "image,dx,site\n0,ill,病院\n1,ill,<b>&\n2,well,Zürich\n3,well,🩻\n")
    assert [values["site"] for values in of_table(tmp_path, ["site"])[0]] == ["病院", "<b>&", "Zürich", "🩻"]


def test_columns_of_a_manifest_become_metadata_and_files_without_a_row_state_nothing(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=1)
    write_manifest(root, "file,patient_id,sex\nill/000.png,p,F\n")
    records = list(folder_source(root, metadata=["sex"]).records())
    assert [(record.group, record.metadata) for record in records] == [("p", {"sex": "F"}), ("", {"sex": ""})]
    assert [record.metadata for record in folder_source(root).records()] == [{}, {}]


def test_metadata_without_a_manifest_are_refused(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=1)
    with pytest.raises(ConfigurationError, match=r"data.metadata names columns of MANIFEST.csv, but there is none"):
        folder_source(root, metadata=["sex"]).notes  # noqa: B018


def test_a_misspelt_column_of_a_manifest_is_told(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=1)
    write_manifest(root, "file,sex\nill/000.png,F\n")
    with pytest.raises(DataError, match=r"needs a column 'sexx'.*did you mean sex\?"):
        folder_source(root, metadata={"sex": "sexx"}).notes  # noqa: B018


@WITHOUT_PYDICOM_WARNINGS
@pytest.mark.usefixtures("own_salt")
def test_elements_of_dicom_files_become_metadata_and_places_become_pseudonyms(tmp_path: Path) -> None:
    metadata = {
        "sex": "PatientSex",
        "age": {"column": "PatientAge", "bands": [0, 1, 18, 65]},
        "place": "InstitutionName",
        "view": "ViewPosition",
    }
    values = [
        {"PatientSex": "F", "PatientAge": "045Y", "InstitutionName": "Hospital de Toboso", "ViewPosition": "PA"},
        {"PatientSex": "M", "PatientAge": "006M", "InstitutionName": "HOSPITAL DE TOBOSO"},
        {"PatientSex": "O", "PatientAge": "012M", "InstitutionName": "Elsewhere"},
        {},
    ]
    for number, attributes in enumerate(values):
        write(tmp_path / ("ill" if number % 2 else "well") / f"{number}.dcm", picture(number, **attributes))
    found = dicom_source(tmp_path, data={"metadata": metadata})
    by_name = {record.name[-5]: record.metadata for record in found.records()}
    place = by_name["0"]["place"]
    assert place.startswith("institution-")
    assert {name: dict(said) for name, said in by_name.items()} == {
        "0": {"sex": "F", "age": "18 to below 65", "place": place, "view": "PA"},
        "1": {"sex": "M", "age": "0 to below 1", "place": place, "view": ""},
        "2": {"sex": "O", "age": "1 to below 18", "place": by_name["2"]["place"], "view": ""},
        "3": {"sex": "", "age": "", "place": "", "view": ""},
    }
    assert by_name["2"]["place"] != place
    assert "oboso" not in json.dumps([dict(said) for said in by_name.values()])


@WITHOUT_PYDICOM_WARNINGS
@pytest.mark.usefixtures("own_salt")
def test_what_stands_in_a_dicom_file_is_not_repeated_in_messages(tmp_path: Path) -> None:
    tree(tmp_path)
    write(tmp_path / "ill" / "9.dcm", picture(9, KVP="120"))
    write(tmp_path / "ill" / "8.dcm", picture(8, ConvolutionKernel="Quixano"))
    found = dicom_source(tmp_path, data={"metadata": {"kernel": {"column": "ConvolutionKernel", "bands": [0, 5]}}})
    with pytest.raises(DataError, match="none of the 1 values") as raised:
        found.notes  # noqa: B018
    assert "Quixano" not in str(raised.value)


def test_metadata_belong_to_the_hash_of_a_table_of_images(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=1)
    write_manifest(root, "file,sex\nill/000.png,F\nwell/000.png,M\n")
    without = ImageTable.from_source(folder_source(root))
    table = ImageTable.from_source(folder_source(root, metadata=["sex"]))
    assert table.content_hash != without.content_hash
    assert [json.loads(text) for text in table.records["metadata"]] == [{"sex": "F"}, {"sex": "M"}]
    assert [json.loads(text) for text in without.records["metadata"]] == [{}, {}]
