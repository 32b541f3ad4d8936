"""How what was left behind is told on a terminal."""

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table
from rich.text import Text

from medimage.cleaning.garbage import Findings, Garbage, Kind
from medimage.printable import printable
from medimage.scheduling.keeper import utc_now
from medimage.wording import counted

_TOLD_KEPT = 20
_WIDTH_IN_FILES = 120


def tell_findings(found: Findings, *, failed: Mapping[Garbage, str], deleted: bool, older_than: str) -> None:
    """Prints what was found, kept and removed.

    Args:
        found: What was found.
        failed: Why something could not be removed.
        deleted: Whether it was to be removed.
        older_than: The age that was asked for.
    """
    console = _console()
    for each in found.kept[:_TOLD_KEPT]:
        console.print(Text(f"kept  {printable(each.name)}: {printable(each.reason)}"), soft_wrap=True)
    if len(found.kept) > _TOLD_KEPT:
        console.print(f"kept  and {len(found.kept) - _TOLD_KEPT} more")
    if not found.garbage:
        console.print(f"Nothing older than {older_than} is left behind that nothing refers to.")
        return
    console.print(_table(found))
    for each, problem in failed.items():
        console.print(Text(f"{each.kind.value} {printable(each.name)}: {printable(problem)}"), soft_wrap=True)
    gone = [each for each in found.garbage if each not in failed]
    size = size_text(sum(each.size for each in gone))
    if deleted:
        console.print(f"Removed {counted(len(gone), 'item')}, {size}.")
    else:
        console.print(f"{counted(len(gone), 'item')}, {size}. Nothing was removed: add --delete to do it.")


def size_text(size: int) -> str:
    """Returns a number of bytes as a person reads it, such as `1.5 MiB`."""
    value = float(size)
    for unit in ("B", "KiB", "MiB"):
        if value < 1024:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} GiB"


def _table(found: Findings) -> Table:
    table = Table("Left behind", "Name")
    table.add_column("Days", justify="right")
    table.add_column("Size", justify="right")
    now = utc_now()
    for kind in Kind:
        for each in sorted((one for one in found.garbage if one.kind is kind), key=lambda one: -one.size):
            days = (now - each.last_used).total_seconds() / 86_400
            table.add_row(kind.value, Text(printable(each.name)), f"{days:.1f}", size_text(each.size))
    return table


def _console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=_WIDTH_IN_FILES)
