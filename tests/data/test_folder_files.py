import re
from pathlib import Path

import pytest

from medimage.config.data import DataConfig
from medimage.data.sources.folder import FolderSource
from medimage.data.sources.skipped import is_not_read, is_refused
from medimage.errors import ConfigurationError, DataError
from tests.support.folders import folder_source
from tests.support.images import encode, make_class_folders, textured
from tests.support.privileges import without_privileges


def test_files_without_a_byte_are_records_for_the_audit_to_judge(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=1)
    (root / "ill" / "empty.png").touch()
    assert [record.encoded for record in folder_source(root).records()][1] == b""


def test_deep_trees_with_spaces_and_unicode_in_their_names_are_read_to_the_bottom(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=1)
    deep = root.joinpath("ill", *("größer als sonst" for _ in range(40)))
    deep.mkdir(parents=True)
    (deep / "röntgen 漢字 \N{SKULL}.png").write_bytes(encode(textured(5)))
    (record,) = (record for record in folder_source(root).records() if "漢字" in record.name)
    assert record.label == "ill"
    assert (root / record.name).read_bytes() == record.encoded


def test_a_missing_folder_and_an_empty_one_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="not there"):
        len(folder_source(tmp_path / "absent"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="found none"):
        len(folder_source(tmp_path / "empty"))


def test_files_that_are_no_images_are_named_with_a_reason(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=2)
    (root / "ill" / ".DS_Store").write_bytes(b"x")
    (root / "ill" / "notes.txt").write_text("x")
    found = folder_source(root)
    assert len(found) == 4
    assert dict(found.skipped_files) == {
        "ill/.DS_Store": "hidden file",
        "ill/notes.txt": "not an image by its name (.txt)",
    }


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


@pytest.mark.parametrize(
    ("source", "archives", "told"),
    [
        (
            "folder",
            ["a.zip"],
            "the archive 'a.zip', which is not unpacked: unpack it by hand and use --data.source folder, or set",
        ),
        (
            "folder",
            ["a.zip", "b/c.TAR.GZ"],
            "2 archives, such as 'a.zip', which are not unpacked: unpack them by hand and use --data.source folder.",
        ),
        (
            "folder",
            ["x.7z"],
            "'x.7z', which is not unpacked: unpack it by hand and use --data.source folder.",
        ),
        ("folder", ["__MACOSX/._x.zip", "scan.nii.gz", "x.tXz"], "There is the archive 'x.tXz', which is not unpacked"),
        (
            "archive",
            ["inner.zip"],
            "the archive 'inner.zip', which is not unpacked: unpack it by hand and use --data.source folder.",
        ),
    ],
)
def test_archives_where_images_should_be_are_told(tmp_path: Path, source: str, archives: list[str], told: str) -> None:
    for name in archives:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    with pytest.raises(DataError, match=re.escape(told)):
        len(FolderSource(tmp_path, DataConfig.model_validate({"source": source, "path": "x"})))


def test_an_image_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_class_folders(tmp_path / "images", images=2)
    (tmp_path / "images" / "ill" / "001.png").chmod(0o000)
    with without_privileges(tmp_path, monkeypatch), pytest.raises(DataError, match=r"ill/001\.png but the .* Perm"):
        list(folder_source(Path("images")).records())


def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_class_folders(tmp_path / "images", images=2)
    (tmp_path / "images" / "well").chmod(0o000)
    with without_privileges(tmp_path, monkeypatch), pytest.raises(DataError, match="well but the system says: Perm"):
        list(folder_source(Path("images")).records())


def test_a_folder_behind_a_symbolic_link_is_refused_and_a_linked_root_is_not(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=2)
    (tmp_path / "linked").symlink_to(root)
    assert len(folder_source(tmp_path / "linked")) == 4
    (root / "ill" / "loop").symlink_to(root)
    with pytest.raises(DataError, match="ill/loop is a symbolic link"):
        list(folder_source(root).records())


def test_linked_image_files_are_read_and_dangling_ones_are_named(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=2)
    (root / "ill" / "linked.png").symlink_to(root / "well" / "000.png")
    assert len(list(folder_source(root).records())) == 5
    (root / "ill" / "nowhere.png").symlink_to(tmp_path / "absent.png")
    with pytest.raises(DataError, match=r"nowhere\.png"):
        list(folder_source(root).records())


@pytest.mark.parametrize("suffix", [".jfif", ".JPE", ".pjpeg"])
def test_every_suffix_of_a_jpeg_is_read(tmp_path: Path, suffix: str) -> None:
    root = make_class_folders(tmp_path / "images", images=2)
    (root / "ill" / f"x{suffix}").write_bytes(encode(textured(1), "JPEG"))
    assert f"ill/x{suffix}" in [record.name for record in folder_source(root).records()]


def test_images_whose_format_or_name_is_not_read_cannot_be_used(tmp_path: Path) -> None:
    root = make_class_folders(tmp_path / "images", images=2)
    files = {
        "moving.gif": encode(textured(1), "GIF"),
        "scan.JP2": b"damaged",
        "brain.nii.gz": b"x",
        "slice.dcm": bytes(128) + b"DICM",
        "IM0001": bytes(128) + b"DICM",
        "no_suffix": encode(textured(2)),
        "renamed.dat": encode(textured(3), "WEBP"),
        "photo.bin": b"\0\0\0\x1cftypheic",
    }
    for name, content in files.items():
        (root / "ill" / name).write_bytes(content)
    (root / "ill" / "notes.txt").write_bytes(b"BM, a text")
    (root / "ill" / "lock.txt").symlink_to(tmp_path / "absent")
    (root / "ill" / ".hidden").write_bytes(encode(textured(4)))
    found = folder_source(root)
    reasons = {name.removeprefix("ill/"): reason for name, reason in found.skipped_files}
    assert {name for name, reason in reasons.items() if is_refused(reason)} == {*files}
    assert {name for name, reason in reasons.items() if is_not_read(reason)} == {*files}
    assert reasons["notes.txt"] == reasons["lock.txt"] == "not an image by its name (.txt)"
    assert reasons["moving.gif"].endswith("an image, but of a format that is not read (.gif): convert it to PNG")
    assert "data.source or layout dicom" in reasons["slice.dcm"]
    assert found.files_found == len(found) + len(found.skipped_files)


def test_where_no_image_can_be_read_the_reason_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "\udcffw"  # the byte 0xff, which is no UTF-8
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.png").write_bytes(b"x")
    with pytest.raises(DataError, match=r"found none\..* 3 files cannot be read, such as .*its name is not UTF-8"):
        folder_source(tmp_path).classes  # noqa: B018
