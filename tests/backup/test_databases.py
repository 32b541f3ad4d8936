import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from medimage.backup.database_users import processes_with_open
from medimage.backup.databases import copy_database, is_database, schema_revision
from medimage.errors import StorageError
from tests.support.backups import make_database, rows_of


@pytest.mark.parametrize("mode", ["WAL", pytest.param("DELETE", marks=pytest.mark.proof)])
def test_a_copy_made_while_others_write_is_whole(tmp_path: Path, mode: str) -> None:
    source = tmp_path / "source.db"
    with closing(sqlite3.connect(source)) as connection:
        connection.execute(f"PRAGMA journal_mode = {mode}")
        connection.execute("CREATE TABLE paid (n INTEGER)")
        connection.execute("CREATE TABLE owed (n INTEGER)")
        connection.executemany("INSERT INTO paid VALUES (?)", [(0,)] * 5000)
        connection.executemany("INSERT INTO owed VALUES (?)", [(0,)] * 5000)
        connection.commit()
    stop = threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(source, timeout=60)) as connection:
            number = 0
            while not stop.is_set():
                number += 1
                # One transaction: a copy that has the one and not the other is of no moment that ever was.
                with connection:
                    connection.execute("INSERT INTO paid VALUES (?)", (number,))
                    connection.execute("INSERT INTO owed VALUES (?)", (number,))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            copy_database(source, tmp_path / f"{number}.db")
    finally:
        stop.set()
        writer.join()
    for number in range(5):
        with closing(sqlite3.connect(tmp_path / f"{number}.db")) as connection:
            sums = [
                connection.execute(f"SELECT count(*), sum(n) FROM {table}").fetchone() for table in ("paid", "owed")
            ]
            assert sums[0] == sums[1]
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert not list(tmp_path.glob(f"{number}.db-*"))


def test_what_is_in_the_write_ahead_log_alone_is_in_the_copy(tmp_path: Path) -> None:
    source = make_database(tmp_path / "source.db")
    with closing(sqlite3.connect(source)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        with connection:
            connection.execute("INSERT INTO run VALUES ('newest')")
        copy_database(source, tmp_path / "copy.db")
    assert rows_of(tmp_path / "copy.db") == 4


def test_a_damaged_database_is_refused(tmp_path: Path) -> None:
    source = make_database(tmp_path / "source.db", rows=2000)
    content = bytearray(source.read_bytes())
    content[4096:-4096] = b"\xff" * (len(content) - 8192)
    source.write_bytes(content)
    with pytest.raises(StorageError, match="is damaged"):
        copy_database(source, tmp_path / "copy.db")


def test_files_are_told_apart_by_what_they_begin_with(tmp_path: Path) -> None:
    assert is_database(make_database(tmp_path / "named.txt"))
    (tmp_path / "named.db").write_bytes(b"SQLite format 2")
    assert not is_database(tmp_path / "named.db")
    assert not is_database(tmp_path / "none.db")


def test_the_revision_of_tables_is_read(tmp_path: Path) -> None:
    assert schema_revision(make_database(tmp_path / "a.db", revision="xyz")) == "xyz"
    with closing(sqlite3.connect(tmp_path / "b.db")) as connection, connection:
        connection.execute("CREATE TABLE other (n INTEGER)")
    assert schema_revision(tmp_path / "b.db") is None
    (tmp_path / "c.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(StorageError, match="is damaged"):
        schema_revision(tmp_path / "c.db")


def test_a_process_that_has_a_database_open_is_found(tmp_path: Path) -> None:
    database = make_database(tmp_path / "a.db")
    assert processes_with_open([database]) == ()
    with database.open("rb"):
        assert len(processes_with_open([database, tmp_path / "none.db"])) == 1
