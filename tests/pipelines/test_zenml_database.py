import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from pipelines.zenml_database import set_unfinished_database_aside
from tests.conftest import PROJECT
from tests.support.commands import environment

OPEN = "import pipelines; from pipelines.zenml_database import open_zenml; open_zenml()"
LIMIT = 90.0
KILLED = """
import os, pipelines
from zenml.zen_stores.migrations.alembic import Alembic
from zenml.zen_stores.sql_zen_store import SqlZenStore
{method} = lambda *arguments, **settings: os._exit(9)
"""
MOMENTS = {
    "before the version is noted": "Alembic.stamp",
    "before the flavors are there": "SqlZenStore._sync_flavors",
    "between the components of the default stack": "SqlZenStore.create_stack",
    "before the user is there": "SqlZenStore._auto_activate_server",
}


def start(code: str, home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=PROJECT,
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.proof
def test_commands_that_start_at_once_in_a_new_workspace_all_open_the_database(tmp_path: Path) -> None:
    processes = [start(OPEN, tmp_path) for _ in range(3)]
    outputs = [process.communicate(timeout=LIMIT)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], outputs


def test_a_command_that_ends_leaves_the_database_whole_in_one_file(tmp_path: Path) -> None:
    asks = "; from zenml.client import Client; Client().list_pipeline_runs()"
    assert start(OPEN + asks, tmp_path).wait(timeout=LIMIT) == 0
    (database,) = tmp_path.rglob("zenml.db*")
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


@pytest.mark.proof
def test_a_moved_workspace_is_refused_until_its_old_path_leads_to_it(tmp_path: Path) -> None:
    """Else its locked test sets would be out of sight, and the old place made anew."""
    before, now = tmp_path / "before", tmp_path / "now"
    assert start(OPEN, before).wait(timeout=LIMIT) == 0
    before.rename(now)
    moved = start(OPEN, now)
    output, _ = moved.communicate(timeout=LIMIT)
    assert moved.returncode != 0
    assert f"Expected ZenML's files at {before}" in output
    assert not before.exists()
    before.symlink_to(now)
    linked = start(OPEN, now)
    output, _ = linked.communicate(timeout=LIMIT)
    assert linked.returncode == 0, output
    shutil.copytree(now, tmp_path / "copy")
    copied = start(OPEN, tmp_path / "copy")
    output, _ = copied.communicate(timeout=LIMIT)
    assert copied.returncode != 0
    assert "Expected ZenML's files at" in output


@pytest.mark.proof
@pytest.mark.parametrize("method", list(MOMENTS.values()), ids=list(MOMENTS))
def test_a_database_whose_making_was_killed_is_made_anew(tmp_path: Path, method: str) -> None:
    killed = start(KILLED.format(method=method) + OPEN, tmp_path)
    killed.communicate(timeout=LIMIT)
    assert killed.returncode == 9
    assert list(tmp_path.rglob("zenml.db"))
    again = start(OPEN, tmp_path)
    output, _ = again.communicate(timeout=LIMIT)
    assert again.returncode == 0, output
    assert "made anew" in output
    # From then on it is one like any other.
    third = start(OPEN, tmp_path)
    output, _ = third.communicate(timeout=LIMIT)
    assert third.returncode == 0, output
    assert "made anew" not in output


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "zenml.db"


def fill(database: Path, *statements: str) -> None:
    with closing(sqlite3.connect(database)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


NO_RUN = "CREATE TABLE pipeline_run (id)"
VERSION = ("CREATE TABLE alembic_version (number)", "INSERT INTO alembic_version VALUES ('0.98.0')")
REST = (
    "CREATE TABLE stack (id)",
    "INSERT INTO stack VALUES (1)",
    "CREATE TABLE user (id)",
    "INSERT INTO user VALUES (1)",
    "CREATE TABLE server_settings (active)",
    "INSERT INTO server_settings VALUES (1)",
)


@pytest.mark.parametrize("made", [(NO_RUN,), (NO_RUN, *VERSION), (NO_RUN, *VERSION, *REST[:2])])
def test_a_database_that_is_not_whole_and_has_no_run_is_set_aside(database: Path, made: tuple[str, ...]) -> None:
    fill(database, *made)
    journal = database.with_name("zenml.db-wal")
    journal.touch()
    set_unfinished_database_aside(database)
    assert not database.exists()
    assert not journal.exists()
    assert database.with_name("zenml.db.unfinished").is_file()


def test_a_whole_database_is_kept(database: Path) -> None:
    fill(database, NO_RUN, *VERSION, *REST)
    set_unfinished_database_aside(database)
    assert database.is_file()


def test_a_database_with_runs_is_kept_whatever_it_lacks(database: Path) -> None:
    fill(database, NO_RUN, "INSERT INTO pipeline_run VALUES (1)")
    set_unfinished_database_aside(database)
    assert database.is_file()


def test_a_database_of_another_make_is_left_to_zenml(database: Path) -> None:
    fill(database, NO_RUN, *VERSION, *REST[:4], "CREATE TABLE server_settings (other)")
    set_unfinished_database_aside(database)
    assert database.is_file()


def test_where_there_is_no_database_or_an_empty_one_nothing_is_done(database: Path) -> None:
    set_unfinished_database_aside(database)
    database.touch()
    set_unfinished_database_aside(database)
    assert database.read_bytes() == b""


def test_a_file_that_is_no_database_is_left_to_be_told(database: Path) -> None:
    database.write_bytes(b"no database at all, and long enough to be read as one" * 100)
    with pytest.raises(sqlite3.DatabaseError, match="not a database"):
        set_unfinished_database_aside(database)
    assert database.is_file()
