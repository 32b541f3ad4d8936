import os
import stat
import tarfile
from pathlib import Path

import pytest

from medimage.backup.write_backup import write_backup
from medimage.errors import StorageError
from medimage.workspace import owner_prefix
from tests.support.backups import back_up, make_workspace
from tests.support.disk import files_limited_to
from tests.support.privileges import without_privileges

KEPT = {
    "bentoml/bentos/one/1/src/medimage/serving/requirements.lock",
    "zenml/local_stores/default_zen_store/zenml.db",
    "mlflow/mlflow.db",
    "mlflow/artifacts/1/model.onnx",
    "runs/train-1/report.html",
    "zenml/config.yaml",
    "zenml/local_stores/one/custom_artifacts/locked_test_set/1/locked_test_set.json",
    "pseudonym_salt",
}


def test_what_cannot_be_made_again_is_taken_and_the_rest_is_named(home: Path, tmp_path: Path) -> None:
    manifest = back_up(make_workspace(home), tmp_path / "backup.tar")
    assert set(manifest.files) == KEPT
    assert any(each.startswith("downloads") for each in manifest.left_out)
    assert any(each.startswith("artifact store") for each in manifest.left_out)


def test_artifacts_are_taken_where_they_are_asked_for(home: Path, tmp_path: Path) -> None:
    manifest = back_up(make_workspace(home), tmp_path / "backup.tar", artifacts=True)
    assert set(manifest.files) == KEPT | {"zenml/local_stores/one/prepare_pixels/pixels/1/pixels.npy"}


def test_a_backup_can_be_read_by_its_owner_alone(home: Path, tmp_path: Path) -> None:
    back_up(make_workspace(home), tmp_path / "backup.tar")
    assert stat.S_IMODE((tmp_path / "backup.tar").stat().st_mode) == 0o600


def test_links_are_not_followed_and_told(home: Path, tmp_path: Path) -> None:
    make_workspace(home)
    (tmp_path / "secret").write_text("of somebody else")
    (home / "runs" / "way-out").symlink_to(tmp_path)
    (home / "runs" / "file").symlink_to(tmp_path / "secret")
    os.mkfifo(home / "runs" / "pipe")
    manifest = back_up(home, tmp_path / "backup.tar")
    assert set(manifest.files) == KEPT
    assert {each.partition(":")[0] for each in manifest.left_out} >= {"runs/way-out", "runs/file", "runs/pipe"}


def test_a_full_disk_is_told_and_leaves_the_backup_of_before(home: Path, tmp_path: Path) -> None:
    make_workspace(home)
    folder = tmp_path / "other-disk"
    folder.mkdir()
    back_up(home, folder / "backup.tar")
    before = (folder / "backup.tar").read_bytes()
    (home / "runs" / "large").write_bytes(b"x" * 2**20)
    with files_limited_to(2**19), pytest.raises(StorageError, match=r"was not written: a file would be larger"):
        back_up(home, folder / "backup.tar")
    assert (folder / "backup.tar").read_bytes() == before
    assert [path.name for path in folder.iterdir()] == ["backup.tar"]


def test_what_a_killed_backup_left_is_removed_by_the_next(home: Path, tmp_path: Path) -> None:
    dead = owner_prefix().replace(f".{os.getpid()}.", f".{2**22 + 1}.")
    for name in (f".backup.tar.partial.{dead}tar", f".other.tar.partial.{dead}tar"):
        (tmp_path / name).touch()
    back_up(make_workspace(home), tmp_path / "backup.tar")
    assert {path.name for path in tmp_path.iterdir()} == {"home", "backup.tar", f".other.tar.partial.{dead}tar"}


def test_a_workspace_of_another_user_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDIMAGE_HOME", "home")
    for name in ("home/temporary", "out"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name).chmod(0o777)
    (tmp_path / "home" / "pseudonym_salt").write_bytes(b"salt")
    (tmp_path / "home" / "pseudonym_salt").chmod(0o600)
    with (
        without_privileges(tmp_path, monkeypatch),
        pytest.raises(StorageError, match=r"Permission denied \(.*pseudonym_salt\).*as the user who owns"),
    ):
        write_backup(Path("out/b.tar"), home=Path("home"), stores=Path("none"), artifacts=False, packages={})
    assert list((tmp_path / "out").iterdir()) == []


def test_the_list_of_files_comes_last_so_that_a_cut_off_backup_has_none(home: Path, tmp_path: Path) -> None:
    back_up(make_workspace(home), tmp_path / "backup.tar")
    with tarfile.open(tmp_path / "backup.tar") as archive:
        assert archive.getnames()[-1] == "medimage-backup.json"
