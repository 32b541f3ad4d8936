import unicodedata
from pathlib import Path

import pytest

from medimage.errors import DataError
from tests.support.folders import folder_source, write_manifest
from tests.support.images import encode, make_class_folders, textured


def test_a_manifest_gives_patient_source_and_split_also_with_a_byte_order_mark(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=1)
    write_manifest(
        root,
        'file,label,patient_id,source,split\nill/000.png,ill,"p, 1",scanner A,Testing\nwell/000.png,,p2,,\n',
        encoding="utf-8-sig",
    )
    ill, well = folder_source(root).records()
    assert (ill.group, ill.origin, ill.given_split) == ("p, 1", "scanner A", "test")
    assert (well.label, well.group, well.given_split) == ("well", "p2", "")


def test_a_manifest_can_label_images_that_lie_in_no_class_folder(tmp_path: Path) -> None:
    for number in range(2):
        (tmp_path / f"{number}.png").write_bytes(encode(textured(number)))
    write_manifest(tmp_path, "file,label\n0.png,ill\n1.png,well\n")
    assert [record.label for record in folder_source(tmp_path).records()] == ["ill", "well"]


def test_rows_that_say_the_same_twice_count_once(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=1)
    write_manifest(root, "file,patient_id\nill/000.png,p\n./ill\\000.png,p\n")
    assert [record.group for record in folder_source(root).records()] == ["p", ""]


def test_images_without_a_patient_are_counted_where_others_have_one(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=2)
    write_manifest(root, "file,patient_id\nill/000.png,\n")
    assert folder_source(root).notes == ()
    write_manifest(root, "file,patient_id\nill/000.png,p\nill/001.png,\n")
    assert folder_source(root).notes == (
        "3 of 4 images have no group, because 'patient_id' in MANIFEST.csv is empty: each is a group of its own.",
    )


def test_accents_are_found_however_they_are_composed(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=1)
    (root / "ill" / "000.png").rename(root / "ill" / unicodedata.normalize("NFD", "é.png"))
    write_manifest(root, f"file,patient_id\nill/{unicodedata.normalize('NFC', 'é.png')},p\n")
    assert next(folder_source(root).records()).group == "p"


@pytest.mark.parametrize(
    "names",
    [
        (unicodedata.normalize("NFC", "ill/é.png"), unicodedata.normalize("NFD", "ill/é.png")),
        ("ill/a/b.png", r"ill/a\b.png"),
    ],
    ids=["composition", "backslash"],
)
def test_files_that_differ_only_in_spelling_each_keep_their_row(tmp_path: Path, names: tuple[str, str]) -> None:
    root = make_class_folders(tmp_path / "images", images=1)
    for name in names:
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(encode(textured(7)))
    write_manifest(root, f"file,patient_id\n{names[0]},p\n{names[1]},q\n")
    groups = {record.name: record.group for record in folder_source(root).records()}
    assert (groups[names[0]], groups[names[1]]) == ("p", "q")
    # Neither name as it is on disk: either could be meant.
    write_manifest(root, f"file,patient_id\n.\\{names[0].replace('/', chr(92))},p\n")
    with pytest.raises(DataError, match=r"line 2, which may be any of 2 files: .* exactly as it is on disk"):
        len(folder_source(root))


def test_a_manifest_may_lie_elsewhere_and_counts_as_a_file_where_it_lies_below(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=1)
    write_manifest(root, "file,patient_id\nill/000.png,p\n")
    inside = folder_source(root)
    assert inside.skipped_files == (("MANIFEST.csv", "read as the manifest"),)
    assert inside.files_found == 3
    (root / "MANIFEST.csv").rename(tmp_path / "m.csv")
    outside = folder_source(root, manifest=str(tmp_path / "m.csv"))
    assert [record.group for record in outside.records()] == ["p", ""]
    assert (outside.files_found, outside.skipped_files) == (2, ())


def test_the_manifest_can_be_switched_off(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=1)
    write_manifest(root, "nonsense")
    assert len(folder_source(root, manifest="none")) == 2


@pytest.mark.parametrize("header", ["FILE,Label,Patient_ID,Source,Split", "File , label,patient id,SOURCE,split"])
def test_case_and_spaces_in_the_columns_of_a_manifest_do_not_matter(tmp_path: Path, header: str) -> None:
    root = make_class_folders(tmp_path / "images", images=1)
    write_manifest(root, f"{header}\nill/000.png,ill,p1,scanner A,train\nwell/000.png,well,p2,scanner B,test\n")
    found = [(record.group, record.origin, record.given_split) for record in folder_source(root).records()]
    assert found == [("p1", "scanner A", "train"), ("p2", "scanner B", "test")]


@pytest.mark.parametrize(
    "column",
    ["sex", "age", "licence", "original_split", "patient_age", "Patient Sex", "data_source", "filename", "subject_id"],
)
def test_other_columns_of_a_manifest_are_left_alone(tmp_path: Path, column: str) -> None:
    root = make_class_folders(tmp_path / "images", images=1)
    write_manifest(root, f"file,label,{column}\nill/000.png,ill,test\nwell/000.png,well,test\n")
    assert [(record.group, record.given_split) for record in folder_source(root).records()] == [("", ""), ("", "")]


def test_a_column_like_one_that_is_there_is_left_alone(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=1)
    write_manifest(root, "file,patient,patient_id\nill/000.png,Jane,p1\n")
    assert next(folder_source(root).records()).group == "p1"
