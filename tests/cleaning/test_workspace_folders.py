"""Which folders of a workspace are taken for left behind."""

import datetime
import os
import time
from pathlib import Path

import pytest

from medimage.cleaning.garbage import Findings
from medimage.cleaning.trees import remove_tree
from medimage.cleaning.workspace_folders import (
    find_old_checkpoints,
    find_old_downloads,
    find_old_run_folders,
    find_old_work,
)
from medimage.data.unfinished_folder import unfinished_folder
from medimage.errors import StorageError
from medimage.last_use import mark_used
from medimage.workspace import owner_prefix

DAY = 24 * 3600


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("MEDIMAGE_HOME", str(folder))
    return folder


@pytest.fixture
def before() -> datetime.datetime:
    return datetime.datetime.now(tz=datetime.UTC) - datetime.timedelta(days=30)


def make(path: Path, *, days: float, size: int = 10) -> Path:
    path.mkdir(parents=True)
    (path / "file").write_bytes(b"x" * size)
    for each in (path / "file", path):
        os.utime(each, (time.time() - days * DAY,) * 2)
    return path


def names(found: Findings) -> set[str]:
    return {each.name for each in found.garbage}


def test_old_work_is_found_with_its_size_and_new_work_is_not(home: Path, before: datetime.datetime) -> None:
    make(home / "unfinished" / "v.old", days=40, size=123)
    make(home / "unfinished" / "v.new", days=1)
    make(home / "inference" / "abc", days=40)
    make(home / "fetched" / "def", days=40)
    make(home / "temporary" / "elsewhere.4.x", days=40)
    found = find_old_work(before=before)
    assert names(found) == {"v.old", "abc", "def", "elsewhere.4.x"}
    assert [each.size for each in found.garbage if each.name == "v.old"] == [123]


def test_a_folder_in_which_one_file_is_new_stays(home: Path, before: datetime.datetime) -> None:
    folder = make(home / "inference" / "abc", days=40)
    (folder / "deep").mkdir()
    (folder / "deep" / "part").touch()
    os.utime(folder, (time.time() - 40 * DAY,) * 2)
    assert names(find_old_work(before=before)) == set()


def test_a_store_that_is_being_built_stays_whatever_its_times(before: datetime.datetime) -> None:
    with unfinished_folder("pixels", version="v") as folder:
        (folder / "pixels.npy").touch()
        for path in (folder / "pixels.npy", folder):
            os.utime(path, (time.time() - 40 * DAY,) * 2)
        found = find_old_work(before=before)
    assert names(found) == set()
    assert [each.reason for each in found.kept] == ["another process holds it"]


def test_a_temporary_folder_of_a_process_that_lives_stays(home: Path, before: datetime.datetime) -> None:
    make(home / "temporary" / f"{owner_prefix()}abc", days=40)
    assert names(find_old_work(before=before)) == set()


def test_a_link_is_left_and_told(home: Path, tmp_path: Path, before: datetime.datetime) -> None:
    target = make(tmp_path / "elsewhere", days=40)
    (home / "inference").mkdir()
    link = home / "inference" / "link"
    link.symlink_to(target)
    os.utime(link, (time.time() - 40 * DAY,) * 2, follow_symlinks=False)
    found = find_old_work(before=before)
    assert names(found) == set()
    assert "a link" in found.kept[0].reason


def test_downloads_stay_while_a_kept_run_or_a_schedule_may_read_them(home: Path, before: datetime.datetime) -> None:
    needed = make(home / "downloads" / "owner__set" / "version-3", days=40)
    make(home / "downloads" / "owner__set" / "version-2", days=40)
    make(home / "downloads" / "archives" / "aaa", days=40)
    make(home / "downloads" / "archives" / "known", days=40)
    found = find_old_downloads(before=before, needed={needed}, schedules=())
    assert names(found) == {"owner__set/version-2", "archives/aaa"}
    scheduled = find_old_downloads(before=before, needed={needed}, schedules=("nightly",))
    assert names(scheduled) == set()
    assert {each.reason for each in scheduled.kept} == {
        "a run that is kept has read it",
        "a schedule may read it (nightly)",
    }


def test_a_download_that_was_used_lately_stays_however_old_its_files(home: Path, before: datetime.datetime) -> None:
    folder = make(home / "downloads" / "owner__set" / "version-3", days=400)
    mark_used(folder)
    assert names(find_old_downloads(before=before, needed=(), schedules=())) == set()


def test_folders_of_runs_go_with_their_runs_or_when_nobody_knows_them(home: Path, before: datetime.datetime) -> None:
    for name in ("gone", "kept", "unknown"):
        make(home / "runs" / name, days=40)
    make(home / "runs" / "noted", days=1)
    found = find_old_run_folders(before=before, gone={"gone", "noted"}, is_kept=lambda name: name == "kept")
    assert names(found) == {"gone", "unknown"}


def test_old_checkpoints_are_found(tmp_path: Path, before: datetime.datetime) -> None:
    make(tmp_path / "checkpoints" / "old", days=40)
    make(tmp_path / "checkpoints" / "new", days=2)
    assert names(find_old_checkpoints(tmp_path / "checkpoints", before=before)) == {"old"}
    assert names(find_old_checkpoints(tmp_path / "none", before=before)) == set()


def test_nothing_outside_of_the_folder_is_removed_also_by_a_link(home: Path, tmp_path: Path) -> None:
    outside = make(tmp_path / "outside", days=1)
    (home / "link").symlink_to(outside)
    for path in (outside, home / "link" / "file", home / "link", home / ".." / "outside", home):
        with pytest.raises(StorageError, match="not removed"):
            remove_tree(path, below=home)
    assert (outside / "file").exists()
    inside = make(home / "inside", days=1)
    (inside / "way-out").symlink_to(outside)
    remove_tree(inside, below=home)
    assert not inside.exists()
    assert (outside / "file").exists()
