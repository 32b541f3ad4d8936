"""Who works in the workspace: many that use what lies there, or one that cleans it or puts another in its place."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from medimage.errors import UnderWayError
from medimage.file_lock import lock_if_free, lock_together
from medimage.workspace import workspace

_LOCK = "in_use.lock"


def use_lock() -> Path:
    """Returns the file that stands for the use of the workspace; it is never moved or removed."""
    return workspace() / _LOCK


@contextmanager
def workspace_in_use() -> Iterator[None]:
    """Keeps what lies in the workspace from being removed or replaced while the block runs.

    Several processes may be in such a block at a time. While `workspace_alone` holds the workspace, they wait for it.
    """
    with lock_together(use_lock(), alone=lambda: None):
        yield


@contextmanager
def workspace_alone(action: str) -> Iterator[None]:
    """Holds the workspace while the block runs, so that nothing else begins in it.

    Args:
        action: What is to be done, as in `Nothing can be ACTION`.

    Raises:
        UnderWayError: If something is under way in the workspace.
        NoLocksError: If its disk has no locks, so that nobody can know.
    """
    use_lock().parent.mkdir(parents=True, exist_ok=True)
    with lock_if_free(use_lock()) as is_alone:
        if not is_alone:
            raise UnderWayError(
                f"Nothing can be {action} now: a run, an audit or a backup is under way in {workspace()}. Try again "
                "when that is over; `medimage schedule list` tells what is started by itself."
            )
        yield
