"""One retraining of a model at a time in a workspace."""

from collections.abc import Iterator
from contextlib import contextmanager

from medimage.file_lock import lock_if_free, lock_in_turn
from medimage.retraining.history import retraining_file


@contextmanager
def retraining_turn(name: str, *, wait: bool) -> Iterator[bool]:
    """Holds the turn of a model while the block runs, and yields whether it does; a killed process gives its turn up.

    Args:
        name: The registered model.
        wait: Whether to wait for the other one.

    Raises:
        NoLocksError: If the file system has no locks, so that nobody can know whether another one is under way.
    """
    lock = retraining_file(name, ".run.lock")
    lock.parent.mkdir(parents=True, exist_ok=True)
    if wait:
        with lock_in_turn(lock, what=f"trains {name} again"):
            yield True
        return
    with lock_if_free(lock) as is_free:
        yield is_free
