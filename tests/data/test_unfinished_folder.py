import os
import tempfile
import time
from pathlib import Path

import pytest

from medimage.data.unfinished_folder import KEPT_SECONDS, unfinished_folder, unfinished_folders
from tests.support.privileges import without_privileges


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MEDIMAGE_HOME", str(tmp_path))
    return tmp_path


def leave(work: str, *, version: str = "1") -> Path:
    """Fails in the middle of some work and returns its folder."""
    lent = unfinished_folder(work, version=version)
    folder = lent.__enter__()
    (folder / "half").write_text(work)
    error = KeyboardInterrupt()
    assert not lent.__exit__(KeyboardInterrupt, error, None)
    return folder


def test_failed_work_is_kept_and_finished_work_removed() -> None:
    left = leave("a")
    with unfinished_folder("a", version="1") as folder:
        assert folder == left
        assert (folder / "half").read_text() == "a"
    assert list(unfinished_folders().iterdir()) == []


def test_a_second_holder_gets_an_empty_folder_that_vanishes() -> None:
    leave("a")
    with unfinished_folder("a", version="1") as first:
        with unfinished_folder("a", version="1") as second:
            assert second != first
            assert list(second.iterdir()) == []
        assert not second.exists()
        assert (first / "half").exists()


def test_work_of_another_version_is_removed_and_that_of_the_same_version_kept() -> None:
    old, new = leave("a", version="1"), leave("b", version="2")
    assert not old.exists()
    with unfinished_folder("c", version="2"):
        assert new.exists()


def test_work_that_is_held_is_never_removed() -> None:
    with unfinished_folder("a", version="1") as held, unfinished_folder("b", version="2"):
        assert held.exists()


def test_work_that_nobody_went_on_with_for_long_is_removed() -> None:
    left = leave("a")
    long_ago = time.time() - KEPT_SECONDS - 60
    os.utime(left.with_name(f"{left.name}.lock"), (long_ago, long_ago))
    with unfinished_folder("b", version="1"):
        assert not left.exists()
    left = leave("a")
    with unfinished_folder("b", version="1"):
        assert left.exists()


def test_work_that_cannot_be_removed_is_found_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # Unlike those of pytest, the folders above this one are open to everybody.
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        monkeypatch.setenv("MEDIMAGE_HOME", name)
        for folder in (home, unfinished_folders()):
            folder.chmod(0o777)
        with without_privileges(home, monkeypatch):
            old = leave("a", version="1")
            (old / "closed").mkdir()
            (old / "closed" / "file").touch()
            (old / "closed").chmod(0o500)
            with unfinished_folder("b", version="2"):
                assert "could be removed" in caplog.text
                assert old.exists()
            (old / "closed").chmod(0o700)
            with unfinished_folder("b", version="2"):
                assert not old.exists()
        monkeypatch.undo()
