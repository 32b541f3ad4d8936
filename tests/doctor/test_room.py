from pathlib import Path

import pytest

from medimage.doctor.finding import State
from medimage.doctor.room import check_memory, check_shared_memory, check_workspace
from medimage.serving.cores import available_cores
from medimage.workspace import WORKSPACE_VARIABLE


def test_a_workspace_that_can_be_written_to_tells_its_room(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(WORKSPACE_VARIABLE, str(tmp_path / "home"))
    first, *_ = check_workspace()
    assert first.state is not State.PROBLEM
    assert str(tmp_path / "home") in first.told
    assert "GiB free" in first.told


def test_a_workspace_that_cannot_be_made_is_a_problem(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv(WORKSPACE_VARIABLE, str(tmp_path / "file" / "home"))
    (found,) = check_workspace()
    assert found.state is State.PROBLEM
    assert found.told.endswith("Not a directory")
    assert WORKSPACE_VARIABLE in found.advice


def test_memory_and_cores_are_told() -> None:
    found = check_memory()
    assert "GiB free" in found.told
    assert found.told.endswith(f"{available_cores()} cores")


def test_systems_without_shared_memory_of_this_kind_are_not_judged_by_it(tmp_path: Path) -> None:
    assert check_shared_memory(tmp_path / "shm") is None
    found = check_shared_memory(tmp_path)
    assert found is not None
    assert found.told.endswith("GiB")
