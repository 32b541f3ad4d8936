"""Work that two processes must not do at once in one place."""

import fcntl
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

logger = logging.getLogger(__name__)


@contextmanager
def one_at_a_time(lock: Path, *, what: str) -> Iterator[None]:
    """Holds a lock while the block runs, and waits for it where another process has it.

    The system gives it up when its process ends, however that happens.

    Args:
        lock: File that stands for the lock; made where it is not there, and left.
        what: What is being done, for the log, such as `downloads owner/name`.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            logger.info("Another process %s: waiting for it", what)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
