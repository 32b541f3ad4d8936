import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import fsspec
import pytest
from zenml.io.filesystem import BaseFilesystem
from zenml.io.filesystem_registry import default_filesystem_registry

from steps.stored_checkpoints import StoredCheckpoints, remove_finished_checkpoints

_MEMORY = fsspec.filesystem("memory")


class MemoryFilesystem(BaseFilesystem):
    """An object store as ZenML sees it, in this process's memory."""

    SUPPORTED_SCHEMES: ClassVar[set[str]] = {"memory://"}

    @staticmethod
    def open(path: Any, mode: str = "r") -> Any:
        return _MEMORY.open(path, mode)

    @staticmethod
    def exists(path: Any) -> bool:
        return _MEMORY.exists(path)

    @staticmethod
    def isdir(path: Any) -> bool:
        return _MEMORY.isdir(path)

    @staticmethod
    def listdir(path: Any) -> list[Any]:
        return [Path(entry["name"]).name for entry in _MEMORY.ls(path)]

    @staticmethod
    def makedirs(path: Any) -> None:
        _MEMORY.makedirs(path, exist_ok=True)

    @staticmethod
    def remove(path: Any) -> None:
        _MEMORY.rm(path)

    @staticmethod
    def rmtree(path: Any) -> None:
        _MEMORY.rm(path, recursive=True)


@pytest.fixture(params=["disk", "object store"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "disk":
        yield str(tmp_path / "checkpoints")
        return
    default_filesystem_registry.register(MemoryFilesystem)
    yield "memory://bucket/checkpoints"
    if _MEMORY.exists("/bucket"):
        _MEMORY.rm("/bucket", recursive=True)


def test_files_come_back_as_they_were_written(root: str) -> None:
    store = StoredCheckpoints(root=root, run="run-1")
    assert store.names("a") == []
    store.write("a", "one", b"\x00\x01")
    store.write("a", "two", b"2")
    store.write("b", "one", b"3")
    # Another process, perhaps another machine.
    other = StoredCheckpoints(root=root, run="run-2")
    assert sorted(other.names("a")) == ["one", "two"]
    assert other.read("a", "one") == b"\x00\x01"
    other.remove("a", "one")
    assert store.names("a") == ["two"]
    assert store.read("b", "one") == b"3"
    assert store.place("a").startswith(root)


def test_checkpoints_of_a_finished_training_stay_until_its_run_is_over(root: str) -> None:
    store = StoredCheckpoints(root=root, run="run-1")
    for key in ("finished", "under way"):
        store.write(key, "one", b"1")
    store.finish("finished")
    store.finish("without checkpoints")
    # The model may not be stored yet, and another run is over.
    remove_finished_checkpoints(StoredCheckpoints(root=root, run="run-2"))
    assert store.read("finished", "one") == b"1"
    remove_finished_checkpoints(store)
    assert sorted(store.trainings()) == ["under way"]
    assert store.read("under way", "one") == b"1"


def test_a_run_without_checkpoints_has_nothing_to_remove(root: str) -> None:
    remove_finished_checkpoints(StoredCheckpoints(root=root, run="run-1"))


def test_what_killed_runs_left_goes_in_time(tmp_path: Path) -> None:
    store = StoredCheckpoints(root=str(tmp_path), run="killed")
    for key, days, finished in (("new", 0, True), ("finished", 2, True), ("recent", 20, False), ("old", 40, False)):
        store.write(key, "one", b"1")
        if finished:
            store.finish(key)
        then = time.time() - days * 24 * 3600
        os.utime(tmp_path / key, (then, then))
    remove_finished_checkpoints(StoredCheckpoints(root=str(tmp_path), run="later"))
    assert sorted(store.trainings()) == ["new", "recent"]


def test_a_store_that_does_not_answer_does_not_fail_a_run_that_is_over(caplog: pytest.LogCaptureFixture) -> None:
    remove_finished_checkpoints(StoredCheckpoints(root="nowhere://bucket", run="run-1"))
    assert "nowhere://bucket cannot be removed" in caplog.text
