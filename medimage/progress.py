"""Progress bars with the time left, for everything that takes longer than a second."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

Item = TypeVar("Item")


def track(items: Iterable[Item], *, description: str, total: int) -> Iterator[Item]:
    """Yields `items` while a bar on standard error shows how many are done and how long the rest will take.

    Nothing is drawn where standard error is not a terminal, so that logs stay readable.

    Args:
        items: What is worked through.
        description: What is being done, such as `Auditing images`.
        total: Number of items.
    """
    with _bar(MofNCompleteColumn()) as progress:
        yield from progress.track(items, total=total, description=description)


@contextmanager
def track_bytes(*, description: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Gives a function that is told how many bytes are done in all, while a bar shows them, the rate and the time left.

    Args:
        description: What is being done, such as `Unpacking`.
        total: Number of bytes in the end; None where nobody knows.
    """
    with _bar(DownloadColumn(), TransferSpeedColumn()) as progress:
        task = progress.add_task(description, total=total)
        yield lambda done: progress.update(task, completed=done)


def _bar(*columns: ProgressColumn) -> Progress:
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        *columns,
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
