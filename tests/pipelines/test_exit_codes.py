import errno
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from medimage.errors import ConfigurationError, DataError, GateNotPassedError
from medimage.exit_codes import call_and_exit, storage_problem


def fail(error: BaseException) -> int:
    raise error


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigurationError("c"), 2),
        (DataError("d"), 1),
        (GateNotPassedError("g"), 3),
        (KeyboardInterrupt(), 130),
        (OSError(errno.ENOSPC, "No space left on device"), 1),
        (RuntimeError("a defect"), 1),
    ],
)
def test_every_ending_has_its_exit_code(error: BaseException, code: int) -> None:
    with pytest.raises(SystemExit) as ended:
        call_and_exit(lambda: fail(error))
    assert ended.value.code == code


@pytest.mark.parametrize("sent", ["SIGINT", "SIGTERM"])
def test_a_request_to_end_comes_through_code_that_swallows_every_exception(sent: str) -> None:
    program = f"""
import os, signal, time
from zenml.exceptions import RunInterruptedException
from medimage.exit_codes import call_and_exit, storage_problem
from tests.support.privileges import without_privileges

def as_zenml_does(number, frame, before=None):
    try:
        raise RunInterruptedException("interrupted")
    finally:
        before(number, frame)

def command():
    before = signal.getsignal(signal.{sent})
    signal.signal(signal.{sent}, lambda number, frame: as_zenml_does(number, frame, before))
    for attempt in range(2):
        try:
            os.kill(os.getpid(), signal.{sent})
            time.sleep(60)
        except Exception:
            pass
    return 0

call_and_exit(command)
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == 130
    assert "interrupted:" in ended.stderr


def test_an_error_of_the_user_is_told_without_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        call_and_exit(lambda: fail(ConfigurationError("what, where, what to do")))
    assert capsys.readouterr().err == "\nerror: what, where, what to do\n"


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        RuntimeError("(sqlite3.OperationalError) database or disk is full"),
        OSError("Error writing bytes to file. Detail: [errno 28] No space left on device"),
    ],
)
def test_a_full_disk_is_told_as_such_however_a_library_says_it(
    error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    wrapped = RuntimeError("step failed")
    wrapped.__cause__ = error
    with pytest.raises(SystemExit):
        call_and_exit(lambda: fail(wrapped))
    told = capsys.readouterr().err
    assert "the disk is full" in told
    assert "MEDIMAGE_HOME" in told
    assert "Traceback" not in told


def test_a_defect_shows_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        call_and_exit(lambda: fail(RuntimeError("a defect")))
    assert "RuntimeError: a defect" in capsys.readouterr().err


def test_a_database_that_cannot_be_opened_is_no_defect(tmp_path: Path) -> None:
    """SQLite says the same of a folder and, on a read-only disk, of a database with a write-ahead log."""
    with pytest.raises(sqlite3.OperationalError) as caught:
        sqlite3.connect(tmp_path)
    assert storage_problem(caught.value) == "a database cannot be opened, or its log cannot be written beside it,"
