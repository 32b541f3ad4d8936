"""Progress bars with the time left, for everything that takes longer than a second."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

Item = TypeVar("Item")


def track(items: Iterable[Item], *, description: str, total: int) -> Iterator[Item]:
    """Yields `items` while a bar on standard error shows how many are done and how long the rest will take.

    Nothing is drawn where standard error is not a terminal, so that logs stay readable.

    Args:
        items: What is worked through.
        description: What is being done, such as `Auditing images`.
        total: Number of items.
    """
    console = Console(stderr=True)
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with progress:
        yield from progress.track(items, total=total, description=description)
