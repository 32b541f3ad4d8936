from pathlib import Path

import pytest

from medimage.errors import DataError
from tests.support.folders import folder_source, write_manifest
from tests.support.images import make_class_folders


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
        ("file|label\nill/000.png|ill\n", "is separated by vertical bars"),
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
        list(folder_source(root).records())
    assert message in str(caught.value)


def test_a_folder_called_like_the_manifest_is_told(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=1)
    (root / "MANIFEST.csv").mkdir()
    with pytest.raises(DataError, match=r"The manifest .*MANIFEST\.csv is a folder, but expected a CSV"):
        len(folder_source(root))


@pytest.mark.parametrize("name", ["a" * 300 + ".png", "/etc/passwd", "ill//000.png", "ILL/000.png"])
def test_names_of_files_that_cannot_be_below_are_absent(tmp_path: Path, name: str) -> None:
    root = make_class_folders(tmp_path / "images", images=1)
    write_manifest(root, f"file,label\n{name},ill\n")
    with pytest.raises(DataError, match="names 1 of 1 files that are not below"):
        len(folder_source(root))


@pytest.mark.parametrize(("name", "is_told"), [("/home/me/ill/000.png", True), ("../ill/000.png", True), ("x", False)])
def test_whole_paths_are_told_to_be_relative(tmp_path: Path, name: str, is_told: bool) -> None:
    root = make_class_folders(tmp_path / "images", images=1)
    write_manifest(root, f"file,label\n{name},ill\n")
    with pytest.raises(DataError) as caught:
        len(folder_source(root))
    assert ("Write their places relative to that folder" in str(caught.value)) is is_told


def test_a_manifest_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=1)
    (root / "MANIFEST.csv").write_bytes(b"file,label\nill/000.png,\xff\xfe\n")
    with pytest.raises(DataError, match="UTF-8"):
        list(folder_source(root).records())
