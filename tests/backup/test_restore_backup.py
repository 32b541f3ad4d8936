import os
import shutil
from pathlib import Path

import pytest

from medimage.backup.manifest import Manifest
from medimage.backup.restore_backup import restore_backup
from medimage.errors import ConfigurationError, StorageError, UnderWayError
from medimage.workspace import RESTORING_FILE, owner_prefix, require_whole_workspace, require_writable_workspace
from medimage.workspace_use import workspace_alone, workspace_in_use
from tests.support.backups import KNOWN, back_up, make_workspace, rows_of, stores


def restore(file: Path, home: Path, *, force: bool = False):
    return restore_backup(file, home=home, force=force, schemas=KNOWN)


@pytest.fixture
def backup(home: Path, tmp_path: Path) -> Path:
    back_up(make_workspace(home), tmp_path / "backup.tar")
    return tmp_path / "backup.tar"


def empty(home: Path) -> None:
    shutil.rmtree(home)
    home.mkdir()


def test_a_lost_workspace_is_as_it_was(home: Path, backup: Path) -> None:
    empty(home)
    restored = restore(backup, home)
    assert restored.set_aside is None
    assert rows_of(stores(home) / "default_zen_store" / "zenml.db") == 3
    assert rows_of(home / "mlflow" / "mlflow.db") == 5
    assert (home / "runs" / "train-1" / "report.html").read_bytes() == b"<p>report"
    assert {path.name for path in home.iterdir()} == {"bentoml", "mlflow", "runs", "zenml", "pseudonym_salt"}


def test_what_lies_there_is_neither_overwritten_nor_lost(home: Path, backup: Path) -> None:
    (home / "runs" / "train-1" / "report.html").write_bytes(b"newer")
    before = sorted(path.name for path in home.iterdir())
    with pytest.raises(ConfigurationError, match="is not empty"):
        restore(backup, home)
    assert sorted(path.name for path in home.iterdir()) == before
    restored = restore(backup, home, force=True)
    assert (home / "runs" / "train-1" / "report.html").read_bytes() == b"<p>report"
    assert restored.set_aside is not None
    assert (restored.set_aside / "runs" / "train-1" / "report.html").read_bytes() == b"newer"
    assert (restored.set_aside / "downloads").is_dir()
    again = restore(backup, home, force=True)
    assert again.set_aside not in (None, restored.set_aside)
    assert restored.set_aside.is_dir()


def test_folders_alone_do_not_count_as_something(home: Path, backup: Path) -> None:
    empty(home)
    (home / "mlflow" / "deep").mkdir(parents=True)
    restore(backup, home)
    assert rows_of(home / "mlflow" / "mlflow.db") == 5


def test_a_damaged_backup_changes_nothing(home: Path, backup: Path) -> None:
    content = bytearray(backup.read_bytes())
    content[len(content) // 2] ^= 1
    backup.write_bytes(content)
    before = {path: path.stat().st_mtime_ns for path in home.rglob("*")}
    with pytest.raises(StorageError, match="no whole backup"):
        restore(backup, home, force=True)
    assert {path: path.stat().st_mtime_ns for path in home.rglob("*")} == before


def test_the_backup_of_another_place_is_refused_unless_a_link_leads_there(
    home: Path, backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.setenv("MEDIMAGE_HOME", str(other))
    with pytest.raises(StorageError, match=f"MEDIMAGE_HOME={home}"):
        restore(backup, other)
    assert list(other.iterdir()) == []
    shutil.rmtree(home)
    home.symlink_to(other)
    restore(backup, other)
    assert rows_of(other / "mlflow" / "mlflow.db") == 5


def test_tables_of_a_later_version_are_refused(home: Path, tmp_path: Path) -> None:
    back_up(make_workspace(home, revision="0.99.0"), tmp_path / "backup.tar")
    empty(home)
    with pytest.raises(StorageError, match=r"0\.99\.0.*do not know.*zenml 0\.98\.0"):
        restore(tmp_path / "backup.tar", home)
    assert list(home.iterdir()) == []


@pytest.mark.usefixtures("home")
def test_nothing_is_restored_while_the_workspace_is_in_use() -> None:
    with workspace_in_use(), pytest.raises(UnderWayError), workspace_alone("restored"):
        pytest.fail("the workspace is in use")
    with workspace_alone("restored"):
        pass


def test_what_begins_while_a_backup_is_unpacked_keeps_its_workspace(home: Path, backup: Path) -> None:
    before = sorted(path for path in home.rglob("*") if path.is_file())

    def begun() -> None:
        assert list(home.glob(".restoring-*/zenml"))
        raise UnderWayError("a run has begun")

    with pytest.raises(UnderWayError, match="has begun"):
        restore_backup(backup, home=home, force=True, schemas=KNOWN, require_unused=begun)
    assert sorted(path for path in home.rglob("*") if path.is_file()) == before
    require_writable_workspace()


def test_a_restore_counts_as_interrupted_until_its_last_work_is_done(home: Path, backup: Path) -> None:
    def interrupted(_: Manifest) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restore_backup(backup, home=home, force=True, schemas=KNOWN, finish=interrupted)
    with pytest.raises(StorageError, match="interrupted"):
        require_whole_workspace()
    told: list[Manifest] = []
    restored = restore_backup(backup, home=home, force=True, schemas=KNOWN, finish=told.append)
    assert told == [restored.manifest]
    require_whole_workspace()


def test_a_restore_that_was_killed_is_told_and_done_again(home: Path, backup: Path) -> None:
    dead = owner_prefix().replace(f".{os.getpid()}.", f".{2**22 + 1}.")
    (home / f".restoring-{dead}files").mkdir()
    (home / "before-restore-1").mkdir()
    (home / "zenml").rename(home / "before-restore-1" / "zenml")
    (home / RESTORING_FILE).touch()
    with pytest.raises(StorageError, match="interrupted"):
        require_writable_workspace()
    restore(backup, home, force=True)
    require_writable_workspace()
    assert rows_of(stores(home) / "default_zen_store" / "zenml.db") == 3
    assert not list(home.glob(".restoring-*"))
    assert (home / "before-restore-1" / "zenml").is_dir()
