"""Locks between processes: files that one of them holds at a time.

The system gives a lock up when its process ends, however that happens. Whoever holds one may remove its file when all
is done: those who wait for it notice, and take the one that is there instead.
"""

import fcntl
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from io import BufferedWriter
from pathlib import Path
from typing import Literal, overload

from medimage.errors import NoLocksError
from medimage.workspace import WORKSPACE_VARIABLE

logger = logging.getLogger(__name__)


@contextmanager
def lock_if_free(path: Path) -> Iterator[bool]:
    """Holds a lock while the block runs, if nobody else has it, and yields whether it does.

    Args:
        path: File that stands for the lock; made where it is not there, and left. Its folder must be there.

    Raises:
        NoLocksError: If the file system has no locks.
        OSError: If the file cannot be made.
    """
    file = _take(path, wait=False)
    if file is None:
        yield False
        return
    with file:
        yield True


@contextmanager
def lock_if_known_free(path: Path) -> Iterator[bool]:
    """Holds a lock as `lock_if_free` does; where the file system has no locks, nobody can know, and it does not.

    Args:
        path: As in `lock_if_free`.
    """
    try:
        file = _take(path, wait=False)
    except NoLocksError as error:
        logger.debug("%s", error)
        file = None
    if file is None:
        yield False
        return
    with file:
        yield True


@contextmanager
def lock_to_hand_on(path: Path) -> Iterator[int | None]:
    """Holds a lock as `lock_if_free` does, and yields its file's number for child processes; None where others have it.

    A child that is started with that number open holds the lock as well: it is free when none of them lives any more,
    however this process ends.

    Args:
        path: As in `lock_if_free`.

    Raises:
        NoLocksError: If the file system has no locks.
        OSError: If the file cannot be made.
    """
    file = _take(path, wait=False)
    if file is None:
        yield None
        return
    with file:
        yield file.fileno()


@contextmanager
def lock_in_turn(path: Path, *, what: str) -> Iterator[None]:
    """Holds a lock while the block runs, and waits for it where another process has it.

    Args:
        path: As in `lock_if_free`; its folder is made as well.
        what: What is being done, for the log, such as `downloads owner/name`.

    Raises:
        NoLocksError: If the file system has no locks.
        OSError: If the file cannot be made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    file = _take(path, wait=False)
    if file is None:
        logger.info("Another process %s: waiting for it", what)
        file = _take(path, wait=True)
    with file:
        yield


@contextmanager
def lock_together(path: Path, *, alone: Callable[[], None]) -> Iterator[None]:
    """Holds a lock that others may hold at the same time while the block runs, if the file system has locks.

    Args:
        path: As in `lock_if_free`; its folder is made as well, and it must not be removed.
        alone: Called first where nobody else holds it; who comes meanwhile waits.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            logger.debug("%s is held by others, or cannot be", path)
        else:
            alone()
        try:
            _share(file, path)
        except OSError as error:
            logger.debug("%s cannot be held: %s", path, error)
        yield


def _share(file: BufferedWriter, path: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        logger.warning("%s is held by a command that works alone: this one waits for it", path)
        fcntl.flock(file, fcntl.LOCK_SH)


@overload
def _take(path: Path, *, wait: Literal[True]) -> BufferedWriter: ...


@overload
def _take(path: Path, *, wait: Literal[False]) -> BufferedWriter | None: ...


def _take(path: Path, *, wait: bool) -> BufferedWriter | None:
    """Returns the open file with its lock, or None where others have it and it is not to wait."""
    while True:
        with ExitStack() as stack:
            file = stack.enter_context(path.open("ab"))
            try:
                fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                return None
            except OSError as error:
                raise NoLocksError(
                    f"Expected to lock {path}, so that no two processes do the same work at once, but its file system "
                    f"does not let it: {error.strerror}. Put the workspace on a disk of this machine, or on a share "
                    f"that is mounted with locks, and name it with {WORKSPACE_VARIABLE}=FOLDER."
                ) from error
            # Between opening and locking, the holder before may have removed the file, and somebody else may have made
            # another: then this lock is one that nobody else would meet.
            if _is_at(path, file):
                stack.pop_all()
                return file


def _is_at(path: Path, file: BufferedWriter) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False
