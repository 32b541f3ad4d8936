import errno
import fcntl
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from threading import Event

import pytest

from medimage.errors import NoLocksError
from medimage.file_lock import lock_if_free, lock_if_known_free, lock_in_turn, lock_to_hand_on, lock_together
from tests.conftest import PROJECT

WAITING = "Another process works: waiting for it"


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_a_lock_is_free_until_somebody_has_it_and_after_that(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    for _ in range(2):
        with lock_if_free(path) as first, lock_if_free(path) as second, lock_if_free(tmp_path / "other") as other:
            assert (first, second, other) == (True, False, True)
    assert path.is_file()


def test_an_error_gives_the_lock_up(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), lock_if_free(tmp_path / "lock"):
        _ = 1 / 0
    with lock_if_free(tmp_path / "lock") as held:
        assert held


def test_a_process_that_was_killed_holds_nothing(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from medimage.file_lock import lock_if_free\n"
        "with lock_if_free(Path(sys.argv[1])) as held:\n    print(held, flush=True)\n    time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "lock")], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "True\n"
        with lock_if_free(tmp_path / "lock") as held:
            assert not held
        other.kill()
    with lock_if_free(tmp_path / "lock") as held:
        assert held


def test_turns_do_not_overlap_even_where_each_holder_removes_the_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "new folder" / "lock"
    inside: list[int] = []
    overlaps: list[int] = []

    def work(number: int) -> None:
        for _ in range(20):
            with lock_in_turn(path, what="works"):
                inside.append(number)
                overlaps.append(len(inside))
                time.sleep(0.001)
                inside.remove(number)
                # Those who wait have this file open; whoever comes now makes another.
                path.unlink()
                time.sleep(0.001)

    with caplog.at_level(logging.INFO), ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert overlaps == [1] * 80
    assert WAITING in caplog.text


def test_whoever_waited_for_a_removed_file_holds_the_one_that_others_find(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "lock"
    holds, end = Event(), Event()

    def wait() -> None:
        with lock_in_turn(path, what="works"):
            holds.set()
            end.wait(30)

    with caplog.at_level(logging.INFO), ThreadPoolExecutor(1) as pool:
        with lock_if_free(path) as held:
            assert held
            waiting = pool.submit(wait)
            until(lambda: WAITING in caplog.text)
            path.unlink()
        assert holds.wait(30)
        with lock_if_free(path) as held:
            assert not held
        end.set()
        waiting.result(30)


def test_a_lock_that_is_held_together_tells_who_comes_while_nobody_else_is_there(tmp_path: Path) -> None:
    path, alone = tmp_path / "new folder" / "lock", []
    with lock_together(path, alone=lambda: alone.append("first")):
        with lock_together(path, alone=lambda: alone.append("second")):
            pass
        with lock_together(path, alone=lambda: alone.append("third")):
            pass
    with lock_together(path, alone=lambda: alone.append("last")):
        pass
    assert alone == ["first", "last"]


@pytest.fixture(params=[errno.ENOLCK, errno.EOPNOTSUPP])
def no_locks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system as NFS without its lock service is, or as some file systems in user space are."""

    def refuse(*_: object) -> None:
        raise OSError(request.param, os.strerror(request.param))

    monkeypatch.setattr(fcntl, "flock", refuse)


@pytest.mark.usefixtures("no_locks")
@pytest.mark.parametrize("lock", [lock_if_free, lock_to_hand_on, lambda path: lock_in_turn(path, what="works")])
def test_a_file_system_without_locks_is_told_and_not_taken_for_another_process(
    lock: Callable[[Path], AbstractContextManager[object]], tmp_path: Path
) -> None:
    with (
        pytest.raises(NoLocksError, match="with locks, and name it with MEDIMAGE_HOME") as told,
        lock(tmp_path / "lock"),
    ):
        pass
    assert str(tmp_path / "lock") in str(told.value)


@pytest.mark.usefixtures("no_locks")
def test_work_that_can_be_done_twice_goes_on_without_locks(tmp_path: Path) -> None:
    with lock_if_known_free(tmp_path / "lock") as held:
        assert not held
