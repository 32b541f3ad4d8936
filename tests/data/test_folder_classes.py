from pathlib import Path

import pytest

from medimage.errors import ConfigurationError, DataError
from tests.support.folders import folder_source
from tests.support.images import make_class_folders


def test_every_image_is_yielded_with_the_class_of_its_folder(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=3)
    records = list(folder_source(root).records())
    assert [(record.name, record.label) for record in records] == [
        ("ill/000.png", "ill"),
        ("ill/001.png", "ill"),
        ("ill/002.png", "ill"),
        ("well/000.png", "well"),
        ("well/001.png", "well"),
        ("well/002.png", "well"),
    ]
    assert records[0].encoded == (root / "ill" / "000.png").read_bytes()
    assert all(record.given_split == "" for record in records)


@pytest.mark.parametrize(
    ("folder", "part"),
    [("train", "train"), ("Training", "train"), ("val", "validation"), ("valid", "validation"), ("Testing", "test")],
)
def test_split_folders_above_the_classes_become_the_given_split(tmp_path: Path, folder: str, part: str) -> None:
    make_class_folders(tmp_path / "images" / folder, images=2)
    records = list(folder_source(tmp_path / "images").records())
    assert {record.given_split for record in records} == {part}
    assert {record.label for record in records} == {"ill", "well"}


def test_a_class_folder_called_test_is_a_class_and_no_split(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", classes=("test", "well"), images=2)
    assert folder_source(root).classes == ("test", "well")


def test_spellings_of_a_class_are_mapped_whatever_their_case_and_spaces(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", classes=("Corona Virus  Disease", "NORMAL"), images=2)
    found = folder_source(root, classes=["covid", "normal"], labels={"corona_virus_disease": "covid"})
    assert {record.label for record in found.records()} == {"covid", "normal"}


@pytest.mark.parametrize("classes", ["auto", ["ill", "well"]])
def test_labels_mapped_to_null_are_left_out_and_named(tmp_path: Path, classes: object) -> None:
    root = make_class_folders(tmp_path / "images", classes=("ill", "Other ", "well"), images=2)
    found = folder_source(root, classes=classes, labels={"other": None})
    assert found.classes == ("ill", "well")
    assert len(found) == len(list(found.records())) == 4
    assert dict(found.skipped_files) == {
        f"Other /00{number}.png": "left out by its label (Other )" for number in (0, 1)
    }


def test_class_folders_that_differ_in_case_and_spaces_alone_are_one_class_and_it_is_said(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", classes=("Covid", "covid ", "COVID", "well"), images=2)
    found = folder_source(root)
    assert found.classes == ("COVID", "well")
    assert [record.label for record in found.records()].count("COVID") == 6
    (note,) = found.notes
    assert note == "The labels 'COVID', 'Covid', 'covid ' differ in case, spaces, - or _ alone: they are one class."


def test_one_image_in_each_class_is_enough_and_one_class_is_too_few(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=1)
    assert [record.name for record in folder_source(root).records()] == ["ill/000.png", "well/000.png"]
    (root / "well" / "000.png").unlink()
    (root / "well").rmdir()
    with pytest.raises(DataError, match=r"at least two classes .* found \['ill'\]"):
        len(folder_source(root))


def test_an_unknown_class_folder_is_refused_with_the_nearest_class_and_the_ways_out(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", classes=("normal", "tuberculosi"), images=1)
    with pytest.raises(ConfigurationError) as caught:
        list(folder_source(root, classes=["normal", "tuberculosis"]).records())
    for expected in ("'tuberculosi'", "'tuberculosis'", "data.labels", ": null}", "data.classes: auto"):
        assert expected in str(caught.value)


@pytest.mark.parametrize("classes", ["auto", ["ill", "well"]])
def test_a_class_without_images_is_refused_by_name(tmp_path: Path, classes: object) -> None:
    root = make_class_folders(tmp_path / "images", classes=("ill",), images=2)
    (root / "well").mkdir()
    with pytest.raises(DataError, match=r"none of \['well'\]"):
        folder_source(root, classes=classes).records().__next__()


def test_a_spelling_of_an_ignored_class_is_ignored_with_it(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", classes=("covid", "normal", "Viral Pneumonia"), images=2)
    found = folder_source(
        root,
        classes=["covid", "normal"],
        labels={"viral pneumonia": "viral_pneumonia"},
        ignored_labels=["viral_pneumonia"],
    )
    assert {record.label for record in found.records()} == {"covid", "normal"}


def test_a_link_that_leads_to_itself_is_a_skipped_file(tmp_path: Path) -> None:
    make_class_folders(tmp_path, images=2)
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "ill" / "loop").symlink_to("loop")
    source = folder_source(tmp_path)
    assert source.classes == ("ill", "well")
    assert (len(source), source.files_found) == (4, 6)
    assert [name for name, _ in source.skipped_files] == ["ill/loop", "loop"]


def test_a_class_folder_without_images_is_told_with_what_lies_in_it(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=2)
    (root / "1").mkdir()
    with pytest.raises(DataError, match=r"none of \['1'\].*data\.labels: \{'1': null\}\. The folder '1' is empty\.$"):
        len(folder_source(root))
    assert folder_source(root, labels={"1": None}).classes == ("ill", "well")
    (root / "1" / "scan.gif").touch()
    (root / "1" / "more.zip").touch()
    with pytest.raises(
        DataError, match=r"In the folder '1', 2 files cannot be read as images, such as '1/more\.zip' \(an"
    ):
        len(folder_source(root))
    with pytest.raises(DataError, match=r"or take the class out of data\.classes\. There is the archive '1/more\.zip'"):
        len(folder_source(root, classes=["ill", "well", "unsure"]))


def test_an_archive_that_holds_the_other_class_is_told(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", classes=("ill",), images=2)
    (root / "well.zip").touch()
    with pytest.raises(DataError, match=r"at least two classes .* the archive 'well\.zip', which is not unpacked"):
        len(folder_source(root))
