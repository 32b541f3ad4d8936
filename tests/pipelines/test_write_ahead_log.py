import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text

from pipelines.write_ahead_log import empty_log, write_ahead

NORMAL, FULL = 1, 2
CHANGE = """
import os, sys
from sqlalchemy import create_engine, text
from pipelines.write_ahead_log import write_ahead
engine = create_engine("sqlite:///" + sys.argv[1])
write_ahead(engine, on_local_disk=True)
with engine.begin() as connection:
    connection.execute(text("INSERT INTO noted VALUES (1)"))
"""
KILLED = CHANGE + "os.kill(os.getpid(), 9)"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    file = tmp_path / "zenml.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE noted (number)")
        connection.commit()
    return file


def pragmas(engine: Engine) -> tuple[str, int]:
    with engine.connect() as connection:
        return (
            connection.execute(text("PRAGMA journal_mode")).scalar_one(),
            connection.execute(text("PRAGMA synchronous")).scalar_one(),
        )


def numbers(file: Path) -> list[tuple[int]]:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute("SELECT number FROM noted").fetchall()


def test_every_connection_writes_ahead_also_where_one_was_open_before(database: Path) -> None:
    engine = create_engine(f"sqlite:///{database}")
    assert pragmas(engine) == ("delete", FULL)
    write_ahead(engine, on_local_disk=True)
    assert pragmas(engine) == ("wal", NORMAL)
    with engine.connect() as held:
        held.execute(text("SELECT 1"))
        assert pragmas(engine) == ("wal", NORMAL)
    engine.dispose()


def test_what_a_killed_process_had_noted_is_there(database: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, str(database)], check=False)
    assert killed.returncode == -9
    assert numbers(database) == [(1,)]


def test_a_process_that_ends_leaves_all_in_one_file(database: Path) -> None:
    subprocess.run([sys.executable, "-c", CHANGE, str(database)], check=True)
    assert [file.name for file in database.parent.iterdir()] == ["zenml.db"]
    copy = database.with_name("copy.db")
    copy.write_bytes(database.read_bytes())
    assert numbers(copy) == [(1,)]


def test_a_database_that_somebody_reads_stays_as_it_is(database: Path) -> None:
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT * FROM noted").fetchall()
        engine = create_engine(f"sqlite:///{database}", connect_args={"timeout": 0.1})
        write_ahead(engine, on_local_disk=True)
        assert pragmas(engine) == ("delete", FULL)
        engine.dispose()


def test_a_database_that_comes_from_a_local_disk_gives_its_log_up_elsewhere(database: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(database)], check=False)
    assert database.with_name("zenml.db-wal").stat().st_size > 0
    engine = create_engine(f"sqlite:///{database}")
    write_ahead(engine, on_local_disk=False)
    assert pragmas(engine) == ("delete", FULL)
    engine.dispose()
    assert [file.name for file in database.parent.iterdir()] == ["zenml.db"]
    assert numbers(database) == [(1,)]


def test_the_log_of_a_killed_process_is_emptied_into_the_database(database: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(database)], check=False)
    assert database.with_name("zenml.db-wal").stat().st_size > 0
    empty_log(database)
    assert [file.name for file in database.parent.iterdir()] == ["zenml.db"]
    assert numbers(database) == [(1,)]


def test_a_log_that_cannot_be_emptied_stays(database: Path) -> None:
    empty_log(database.with_name("absent.db"))
    assert not database.with_name("absent.db").exists()
    database.write_bytes(b"no database " * 100)
    empty_log(database)
    assert database.read_bytes() == b"no database " * 100
