import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from pipelines.zenml_database import remove_unfinished_database
from tests.conftest import PROJECT
from tests.support.commands import environment

OPEN = "import pipelines; from pipelines.zenml_database import open_zenml; open_zenml()"
KILLED_BEFORE_THE_VERSION_IS_NOTED = f"""
import os, pipelines
from zenml.zen_stores.migrations.alembic import Alembic
Alembic.stamp = lambda *arguments: os._exit(9)
{OPEN}
"""


def start(code: str, home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=PROJECT,
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_commands_that_start_at_once_in_a_new_workspace_all_open_the_database(tmp_path: Path) -> None:
    processes = [start(OPEN, tmp_path) for _ in range(3)]
    outputs = [process.communicate(timeout=300)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], outputs


def test_a_database_whose_making_was_killed_is_made_anew(tmp_path: Path) -> None:
    killed = start(KILLED_BEFORE_THE_VERSION_IS_NOTED, tmp_path)
    killed.communicate(timeout=300)
    assert killed.returncode == 9
    assert list(tmp_path.rglob("zenml.db"))
    again = start(OPEN, tmp_path)
    output, _ = again.communicate(timeout=300)
    assert again.returncode == 0, output
    assert "made anew" in output


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "zenml.db"


def fill(database: Path, *statements: str) -> None:
    with closing(sqlite3.connect(database)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def test_a_database_with_a_version_is_kept(database: Path) -> None:
    fill(database, "CREATE TABLE alembic_version (number)", "INSERT INTO alembic_version VALUES ('0.98.0')")
    remove_unfinished_database(database)
    assert database.is_file()


def test_a_database_with_runs_is_never_removed(database: Path) -> None:
    fill(database, "CREATE TABLE pipeline_run (id)", "INSERT INTO pipeline_run VALUES (1)")
    remove_unfinished_database(database)
    assert database.is_file()


def test_where_there_is_no_database_or_an_empty_one_nothing_is_done(database: Path) -> None:
    remove_unfinished_database(database)
    database.touch()
    remove_unfinished_database(database)
    assert database.read_bytes() == b""


def test_a_file_that_is_no_database_is_left_to_be_told(database: Path) -> None:
    database.write_bytes(b"no database at all, and long enough to be read as one" * 100)
    with pytest.raises(sqlite3.DatabaseError, match="not a database"):
        remove_unfinished_database(database)
    assert database.is_file()
