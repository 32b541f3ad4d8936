import os
from pathlib import Path

import pytest

from medimage.errors import StorageError
from medimage.whole_file import write_whole
from tests.support.disk import files_limited_to
from tests.support.privileges import without_privileges


def test_a_file_is_made_and_replaced_and_nothing_lies_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    for content in (b"one", b"", b"another, longer one"):
        write_whole(file, content)
        assert file.read_bytes() == content
    assert list(tmp_path.iterdir()) == [file]


def test_a_new_file_is_as_open_as_any_other(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"")
    write_whole(tmp_path / "a", b"x")
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_private_file_is_its_owners_alone_from_its_first_moment_whatever_was_there_before(tmp_path: Path) -> None:
    file, mask = tmp_path / "a", os.umask(0)
    try:
        for _ in range(2):
            write_whole(file, b"secret", private=True)
            assert file.stat().st_mode & 0o777 == 0o600
            write_whole(file, b"open")
            assert file.stat().st_mode & 0o777 == 0o666
    finally:
        os.umask(mask)


def test_a_reader_keeps_the_file_that_it_has_opened(tmp_path: Path) -> None:
    write_whole(tmp_path / "a", b"old")
    with (tmp_path / "a").open("rb") as reader:
        write_whole(tmp_path / "a", b"new")
        assert reader.read() == b"old"


def test_a_disk_that_takes_no_more_leaves_the_file_that_was_there(tmp_path: Path) -> None:
    file = tmp_path / "a"
    write_whole(file, b"old")
    with files_limited_to(2**16), pytest.raises(StorageError, match=f"{file} cannot be written: File too large"):
        write_whole(file, bytes(2**17))
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(("name", "reason"), [("absent/a", "No such file"), ("file/a", "Not a directory")])
def test_a_folder_that_is_none_is_told(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=f"{name} cannot be written: {reason}"):
        write_whole(tmp_path / name, b"x")


def test_a_folder_that_may_not_be_written_to_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "closed").mkdir(mode=0o555)
    with without_privileges(tmp_path, monkeypatch), pytest.raises(StorageError, match="cannot be written: Permission"):
        write_whole(Path("closed/a"), b"x")
    assert list((tmp_path / "closed").iterdir()) == []


def test_a_device_is_refused_and_the_target_of_a_link_is_replaced(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no regular file"):
        write_whole(Path(os.devnull), b"x")
    (tmp_path / "target").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    write_whole(tmp_path / "link", b"new")
    assert (tmp_path / "target").read_bytes() == b"new"
    assert (tmp_path / "link").is_symlink()
