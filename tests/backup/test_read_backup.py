"""No archive makes anything outside of the folder it is unpacked to, and none that was changed passes for whole."""

import tarfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medimage.backup.read_backup import unpack_backup
from medimage.errors import StorageError
from tests.support.backups import back_up, forge, make_workspace, member
from tests.support.disk import files_limited_to

OUTSIDE = (
    "../outside",
    "workspace/../../outside",
    "workspace/..",
    "workspace/a/../../../outside",
    "/outside",
    "//workspace/outside",
    "workspace",
    "workspace/",
    "elsewhere/file",
    "file",
)


def unpack(file: Path, tmp_path: Path):
    folder = tmp_path / "unpacked"
    folder.mkdir()
    return unpack_backup(file, folder)


def test_what_was_written_comes_back_byte_for_byte_with_its_rights_and_time(home: Path, tmp_path: Path) -> None:
    back_up(make_workspace(home), tmp_path / "backup.tar")
    manifest = unpack(tmp_path / "backup.tar", tmp_path)
    for name in manifest.files:
        if not name.endswith(".db"):
            before, after = home / name, tmp_path / "unpacked" / name
            assert after.read_bytes() == before.read_bytes()
            assert after.stat().st_mode == before.stat().st_mode
            assert int(after.stat().st_mtime) == int(before.stat().st_mtime)


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_name_that_leads_out_of_the_workspace_is_refused(tmp_path: Path, name: str) -> None:
    file = forge(tmp_path / "b.tar", [(member(name), b"x")], workspace=tmp_path)
    before = set(tmp_path.rglob("*"))
    with pytest.raises(StorageError, match="leads out of the workspace"):
        unpack(file, tmp_path)
    assert set(tmp_path.rglob("*")) - before == {tmp_path / "unpacked"}


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE])
def test_a_link_or_a_device_is_refused(tmp_path: Path, kind: bytes) -> None:
    link = member("workspace/link", type=kind, linkname=str(tmp_path))
    file = forge(tmp_path / "b.tar", [(link, b"")], workspace=tmp_path)
    with pytest.raises(StorageError, match="is a link or no regular file"):
        unpack(file, tmp_path)
    assert list((tmp_path / "unpacked").iterdir()) == []


@pytest.mark.parametrize(
    ("manifest", "told"),
    [
        ({"format": 99}, "format 99"),
        ({"format": "1"}, "says of no format"),
        ({"files": {"a": {"size": 1, "sha256": "0" * 64}}}, "not as they were written"),
        ({"files": {}}, "not as they were written"),
        ({"files": None}, "it lacks"),
        ({"made": "yesterday"}, "yesterday"),
    ],
)
def test_a_list_of_files_that_is_not_true_is_refused(tmp_path: Path, manifest: dict[str, object], told: str) -> None:
    file = forge(tmp_path / "b.tar", [(member("workspace/a"), b"x")], workspace=tmp_path, manifest=manifest)
    with pytest.raises(StorageError, match=told):
        unpack(file, tmp_path)


def test_a_file_that_is_in_it_twice_is_refused(tmp_path: Path) -> None:
    twice = [(member("workspace/a"), b"x"), (member("workspace/./a"), b"y")]
    file = forge(tmp_path / "b.tar", twice, workspace=tmp_path, named=["a", "b"])
    with pytest.raises(StorageError, match="a is in it twice"):
        unpack(file, tmp_path)


def test_a_file_below_another_file_is_refused(tmp_path: Path) -> None:
    file = forge(
        tmp_path / "b.tar", [(member("workspace/a"), b"x"), (member("workspace/a/b"), b"y")], workspace=tmp_path
    )
    with pytest.raises(StorageError):
        unpack(file, tmp_path)


def test_something_else_than_an_archive_is_refused(tmp_path: Path) -> None:
    for name, content in {"empty": b"", "text": b"no archive" * 1000, "zeros": bytes(4096)}.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(StorageError, match="is no whole backup"):
            unpack_backup(tmp_path / name, tmp_path)


def test_a_disk_without_room_is_told(tmp_path: Path) -> None:
    file = forge(tmp_path / "b.tar", [(member("workspace/a"), b"x" * 2**20)], workspace=tmp_path)
    with files_limited_to(2**19), pytest.raises(StorageError, match="cannot be unpacked: a file would be larger"):
        unpack(file, tmp_path)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("whole")
    members = [(member(f"workspace/{name}"), name.encode() * 700) for name in ("a", "b/c", "b/d")]
    return forge(folder / "b.tar", members, workspace=folder).read_bytes()


@settings(max_examples=60)
@given(data=st.data())
def test_a_backup_that_was_cut_off_or_changed_anywhere_never_gives_other_files(
    whole: bytes, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("changed")
    changed = bytearray(whole)
    if data.draw(st.booleans()):
        del changed[data.draw(st.integers(0, len(whole) - 1)) :]
    else:
        changed[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    (folder / "b.tar").write_bytes(changed)
    (folder / "unpacked").mkdir()
    try:
        unpack_backup(folder / "b.tar", folder / "unpacked")
    except StorageError:
        return
    # A change in padding, an owner or a time is none of the files.
    files = {
        path.relative_to(folder / "unpacked").as_posix(): path.read_bytes()
        for path in (folder / "unpacked").rglob("*")
        if path.is_file()
    }
    assert files == {"a": b"a" * 700, "b/c": b"b/c" * 700, "b/d": b"b/d" * 700}
