import unicodedata
from pathlib import Path

import pytest

from medimage.config.data import DataConfig
from medimage.data.sources.folder import FolderSource
from medimage.errors import ConfigurationError, DataError
from tests.support.images import encode, make_class_folders, textured
from tests.support.privileges import without_privileges


def source(root: Path, **settings: object) -> FolderSource:
    return FolderSource(root, DataConfig.model_validate({"source": "folder", "path": str(root), **settings}))


def test_every_image_is_yielded_with_the_class_of_its_folder(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=3)
    records = list(source(root).records())
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
    records = list(source(tmp_path / "images").records())
    assert {record.given_split for record in records} == {part}
    assert {record.label for record in records} == {"ill", "well"}


def test_a_class_folder_called_test_is_a_class_and_no_split(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", classes=("test", "well"), images=2)
    assert source(root).classes == ("test", "well")


def test_spellings_of_a_class_are_mapped_whatever_their_case_and_spaces(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", classes=("Corona Virus  Disease", "NORMAL"), images=2)
    found = source(root, classes=["covid", "normal"], labels={"corona_virus_disease": "covid"})
    assert {record.label for record in found.records()} == {"covid", "normal"}


@pytest.mark.parametrize("classes", ["auto", ["ill", "well"]])
def test_labels_mapped_to_null_are_left_out_and_named(tmp_path: Path, classes: object) -> None:
    root = make_class_folders(tmp_path / "images", classes=("ill", "Other ", "well"), images=2)
    found = source(root, classes=classes, labels={"other": None})
    assert found.classes == ("ill", "well")
    assert len(found) == len(list(found.records())) == 4
    assert dict(found.skipped_files) == {
        f"Other /00{number}.png": "left out by its label (Other )" for number in (0, 1)
    }


def test_class_folders_that_differ_in_case_and_spaces_alone_are_one_class_and_it_is_said(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", classes=("Covid", "covid ", "COVID", "well"), images=2)
    found = source(root)
    assert found.classes == ("COVID", "well")
    assert [record.label for record in found.records()].count("COVID") == 6
    (note,) = found.notes
    assert note == "The labels 'COVID', 'Covid', 'covid ' differ in case, spaces, - or _ alone: they are one class."


def test_a_folder_with_one_image_in_each_class_and_one_in_all(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=1)
    assert [record.name for record in source(root).records()] == ["ill/000.png", "well/000.png"]
    (root / "well" / "000.png").unlink()
    (root / "well").rmdir()
    with pytest.raises(DataError, match=r"at least two classes .* found \['ill'\]"):
        len(source(root))


def test_files_without_a_byte_are_records_for_the_audit_to_judge(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=1)
    (root / "ill" / "empty.png").touch()
    assert [record.encoded for record in source(root).records()][1] == b""


def test_deep_trees_with_spaces_and_unicode_in_their_names_are_read_to_the_bottom(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=1)
    deep = root.joinpath("ill", *("größer als sonst" for _ in range(40)))
    deep.mkdir(parents=True)
    (deep / "röntgen 漢字 \N{SKULL}.png").write_bytes(encode(textured(5)))
    (record,) = (record for record in source(root).records() if "漢字" in record.name)
    assert record.label == "ill"
    assert (root / record.name).read_bytes() == record.encoded


def test_an_unknown_class_folder_is_refused_with_the_nearest_class_and_the_ways_out(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", classes=("normal", "tuberculosi"), images=1)
    with pytest.raises(ConfigurationError) as caught:
        list(source(root, classes=["normal", "tuberculosis"]).records())
    for expected in ("'tuberculosi'", "'tuberculosis'", "data.labels", ": null}", "data.classes: auto"):
        assert expected in str(caught.value)


@pytest.mark.parametrize("classes", ["auto", ["ill", "well"]])
def test_a_class_without_images_is_refused_by_name(tmp_path: Path, classes: object) -> None:
    root = make_class_folders(tmp_path / "images", classes=("ill",), images=2)
    (root / "well").mkdir()
    with pytest.raises(DataError, match=r"none of \['well'\]"):
        source(root, classes=classes).records().__next__()


def test_a_missing_folder_and_an_empty_one_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="not there"):
        len(source(tmp_path / "absent"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="found none"):
        len(source(tmp_path / "empty"))


def test_files_that_are_no_images_are_named_with_a_reason(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=2)
    (root / "ill" / ".DS_Store").write_bytes(b"x")
    (root / "ill" / "notes.txt").write_text("x")
    found = source(root)
    assert len(found) == 4
    assert dict(found.skipped_files) == {
        "ill/.DS_Store": "hidden file",
        "ill/notes.txt": "not an image by its name (.txt)",
    }


def write_manifest(root: Path, text: str, *, encoding: str = "utf-8") -> None:
    (root / "MANIFEST.csv").write_text(text, encoding=encoding)


def test_a_manifest_gives_patient_source_and_split_also_with_a_byte_order_mark(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=1)
    write_manifest(
        root,
        'file,label,patient_id,source,split\nill/000.png,ill,"p, 1",scanner A,Testing\nwell/000.png,,p2,,\n',
        encoding="utf-8-sig",
    )
    ill, well = source(root).records()
    assert (ill.group, ill.origin, ill.given_split) == ("p, 1", "scanner A", "test")
    assert (well.label, well.group, well.given_split) == ("well", "p2", "")


def test_a_manifest_can_label_images_that_lie_in_no_class_folder(tmp_path: Path) -> None:
    for number in range(2):
        (tmp_path / f"{number}.png").write_bytes(encode(textured(number)))
    write_manifest(tmp_path, "file,label\n0.png,ill\n1.png,well\n")
    assert [record.label for record in source(tmp_path).records()] == ["ill", "well"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,label,patient\nill/000.png,ill,p\n", "did you mean patient_id?"),
        ("file,label,patient no\nill/000.png,ill,p\n", "did you mean patient_id?"),
        ("file,label,patinet_id\nill/000.png,ill,p\n", "did you mean patient_id?"),
        ("file,lable\nill/000.png,ill\n", "did you mean label?"),
        ("file,Patient ID,patient_id\nill/000.png,p,q\n", "'patient_id' more than once"),
        ("file name,label\nill/000.png,ill\n", "did you mean file name?"),
        ("file,label\nill/000.png,ill\nill/absent.png,ill\n", "ill/absent.png"),
        ("file,label\nill/000.png,ill\nill/000.png,other\n", "twice"),
        ("file|label\nill/000.png|ill\n", "needs a column 'file'"),
        ("name,label\nill/000.png,ill\n", "needs a column 'file'"),
        ("", "is empty: expected a header with 'file'"),
        ("file,label\n", "a header but no rows"),
        ("file,split\nill/000.png,holdout\n", "'holdout'"),
        ("file,label,patient_id\nill/000.png,ill,p,1\n", "line 2"),
        ("file,label,patient_id\nill/000.png\n", "line 2"),
        ("file,label\n../images/ill/000.png,ill\n", "not below"),
        ("file,label\nill/000.png,well\n", "lies in the class folder 'ill' but the manifest"),
    ],
)
def test_a_manifest_that_cannot_be_right_is_refused(tmp_path: Path, text: str, message: str) -> None:
    root = make_class_folders(tmp_path / "images", images=2)
    write_manifest(root, text)
    with pytest.raises(DataError) as caught:
        list(source(root).records())
    assert message in str(caught.value)


def test_rows_that_say_the_same_twice_count_once(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=1)
    write_manifest(root, "file,patient_id\nill/000.png,p\n./ill\\000.png,p\n")
    assert [record.group for record in source(root).records()] == ["p", ""]


def test_images_without_a_patient_are_counted_where_others_have_one(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=2)
    write_manifest(root, "file,patient_id\nill/000.png,\n")
    assert source(root).notes == ()
    write_manifest(root, "file,patient_id\nill/000.png,p\nill/001.png,\n")
    assert source(root).notes == (
        "3 of 4 images have no group, because 'patient_id' in MANIFEST.csv is empty: each is a group of its own.",
    )


@pytest.mark.parametrize(
    ("settings", "hint"),
    [
        ({"source": "folder", "path": "x"}, "data.source"),
        ({"source": "archive", "path": "x"}, "data.layout"),
    ],
)
def test_files_of_another_source_are_told_with_its_name(tmp_path: Path, settings: dict[str, object], hint: str) -> None:
    found = FolderSource(tmp_path, DataConfig.model_validate(settings))
    (tmp_path / "scan.DCM").touch()
    with pytest.raises(DataError, match=rf"found none\..* There are \.dcm files: {hint} dicom reads them\."):
        len(found)
    (tmp_path / "1.png").touch()
    (tmp_path / "labels.csv").touch()
    with pytest.raises(DataError, match=rf"has neither\. There are \.csv files: {hint} table reads them\."):
        len(FolderSource(tmp_path, found.config))


def test_an_image_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_class_folders(tmp_path / "images", images=2)
    (tmp_path / "images" / "ill" / "001.png").chmod(0o000)
    with without_privileges(tmp_path, monkeypatch), pytest.raises(DataError, match=r"ill/001\.png but the .* Perm"):
        list(source(Path("images")).records())


def test_accents_are_found_however_they_are_composed(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=1)
    (root / "ill" / "000.png").rename(root / "ill" / unicodedata.normalize("NFD", "é.png"))
    write_manifest(root, f"file,patient_id\nill/{unicodedata.normalize('NFC', 'é.png')},p\n")
    assert next(source(root).records()).group == "p"


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
    groups = {record.name: record.group for record in source(root).records()}
    assert (groups[names[0]], groups[names[1]]) == ("p", "q")
    # Neither name as it is on disk: either could be meant.
    write_manifest(root, f"file,patient_id\n.\\{names[0].replace('/', chr(92))},p\n")
    with pytest.raises(DataError, match=r"line 2, which may be any of 2 files: .* exactly as it is on disk"):
        len(source(root))


def test_a_folder_called_like_the_manifest_is_told(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=1)
    (root / "MANIFEST.csv").mkdir()
    with pytest.raises(DataError, match=r"The manifest .*MANIFEST\.csv is a folder, but expected a CSV"):
        len(source(root))


def test_a_manifest_may_lie_elsewhere_and_counts_as_a_file_where_it_lies_below(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=1)
    write_manifest(root, "file,patient_id\nill/000.png,p\n")
    inside = source(root)
    assert inside.skipped_files == (("MANIFEST.csv", "read as the manifest"),)
    assert inside.files_found == 3
    (root / "MANIFEST.csv").rename(tmp_path / "m.csv")
    outside = source(root, manifest=str(tmp_path / "m.csv"))
    assert [record.group for record in outside.records()] == ["p", ""]
    assert (outside.files_found, outside.skipped_files) == (2, ())


@pytest.mark.parametrize("name", ["a" * 300 + ".png", "/etc/passwd", "ill//000.png", "ILL/000.png"])
def test_names_of_files_that_cannot_be_below_are_absent(tmp_path: Path, name: str) -> None:
    root = make_class_folders(tmp_path / "images", images=1)
    write_manifest(root, f"file,label\n{name},ill\n")
    with pytest.raises(DataError, match="names 1 of 1 files that are not below"):
        len(source(root))


def test_a_manifest_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=1)
    (root / "MANIFEST.csv").write_bytes(b"file,label\nill/000.png,\xff\xfe\n")
    with pytest.raises(DataError, match="UTF-8"):
        list(source(root).records())


def test_the_manifest_can_be_switched_off(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=1)
    write_manifest(root, "nonsense")
    assert len(source(root, manifest="none")) == 2


def test_a_spelling_of_an_ignored_class_is_ignored_with_it(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", classes=("covid", "normal", "Viral Pneumonia"), images=2)
    found = source(
        root,
        classes=["covid", "normal"],
        labels={"viral pneumonia": "viral_pneumonia"},
        ignored_labels=["viral_pneumonia"],
    )
    assert {record.label for record in found.records()} == {"covid", "normal"}


@pytest.mark.parametrize("header", ["FILE,Label,Patient_ID,Source,Split", "File , label,patient id,SOURCE,split"])
def test_case_and_spaces_in_the_columns_of_a_manifest_do_not_matter(tmp_path: Path, header: str) -> None:
    root = make_class_folders(tmp_path / "images", images=1)
    write_manifest(root, f"{header}\nill/000.png,ill,p1,scanner A,train\nwell/000.png,well,p2,scanner B,test\n")
    found = [(record.group, record.origin, record.given_split) for record in source(root).records()]
    assert found == [("p1", "scanner A", "train"), ("p2", "scanner B", "test")]


@pytest.mark.parametrize(
    "column",
    ["sex", "age", "licence", "original_split", "patient_age", "Patient Sex", "data_source", "filename", "subject_id"],
)
def test_other_columns_of_a_manifest_are_left_alone(tmp_path: Path, column: str) -> None:
    root = make_class_folders(tmp_path / "images", images=1)
    write_manifest(root, f"file,label,{column}\nill/000.png,ill,test\nwell/000.png,well,test\n")
    assert [(record.group, record.given_split) for record in source(root).records()] == [("", ""), ("", "")]


def test_a_column_like_one_that_is_there_is_left_alone(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=1)
    write_manifest(root, "file,patient,patient_id\nill/000.png,Jane,p1\n")
    assert next(source(root).records()).group == "p1"


def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_class_folders(tmp_path / "images", images=2)
    (tmp_path / "images" / "well").chmod(0o000)
    with without_privileges(tmp_path, monkeypatch), pytest.raises(DataError, match="well but the system says: Perm"):
        list(source(Path("images")).records())


def test_a_folder_behind_a_symbolic_link_is_refused_and_a_linked_root_is_not(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=2)
    (tmp_path / "linked").symlink_to(root)
    assert len(source(tmp_path / "linked")) == 4
    (root / "ill" / "loop").symlink_to(root)
    with pytest.raises(DataError, match="ill/loop is a symbolic link"):
        list(source(root).records())


def test_linked_image_files_are_read_and_dangling_ones_are_named(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=2)
    (root / "ill" / "linked.png").symlink_to(root / "well" / "000.png")
    assert len(list(source(root).records())) == 5
    (root / "ill" / "nowhere.png").symlink_to(tmp_path / "absent.png")
    with pytest.raises(DataError, match=r"nowhere\.png"):
        list(source(root).records())


def test_animations_are_skipped_with_a_reason_because_none_is_decoded(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=2)
    (root / "ill" / "moving.gif").write_bytes(encode(textured(1), "GIF"))
    assert source(root).skipped_files == (("ill/moving.gif", "not an image by its name (.gif)"),)
