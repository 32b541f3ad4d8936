from pathlib import Path

import pytest

from medimage.doctor.databases import check_database, check_set_aside
from medimage.doctor.finding import State
from tests.support.backups import make_database


def test_a_whole_database_of_a_known_version_is_fine(tmp_path: Path) -> None:
    found = check_database(make_database(tmp_path / "zenml.db", revision="1"), known={"1"})
    assert found.state is State.FINE
    assert "tables of version 1" in found.told
    assert check_database(tmp_path / "none.db", known=()).state is State.FINE


def test_tables_of_a_later_version_are_a_problem(tmp_path: Path) -> None:
    found = check_database(make_database(tmp_path / "zenml.db", revision="2"), known={"1"})
    assert found.state is State.PROBLEM
    assert "later one" in found.advice


@pytest.mark.parametrize("what", ["middle", "all"])
def test_a_damaged_database_is_a_problem_and_where_it_comes_back_from_is_said(tmp_path: Path, what: str) -> None:
    database = make_database(tmp_path / "zenml.db", rows=2000)
    content = bytearray(database.read_bytes())
    content[8192 if what == "middle" else 0 :] = b"\xff" * (len(content) - (8192 if what == "middle" else 0))
    database.write_bytes(content)
    found = check_database(database, known={"0.98.0"})
    assert found.state is State.PROBLEM
    assert "medimage restore" in found.advice


def test_workspaces_that_were_set_aside_are_told_with_their_size(tmp_path: Path) -> None:
    assert check_set_aside(tmp_path) is None
    (tmp_path / "before-restore-1").mkdir()
    (tmp_path / "before-restore-1" / "file").write_bytes(bytes(3 * 2**20))
    found = check_set_aside(tmp_path)
    assert found is not None
    assert "take 3 MiB" in found.told
