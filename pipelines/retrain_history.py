"""What was decided of a model before, as a person reads it."""

from rich.console import Console
from rich.text import Text

from medimage.printable import printable
from medimage.retraining.history import RetrainingEntry, history_file, read_decisions


def tell_history(name: str) -> None:
    """Prints every decision, the oldest first.

    Args:
        name: The registered model.
    """
    console = Console()
    entries = read_decisions(history_file(name))
    if not entries:
        console.print(f"Nothing was decided of {name} yet: there is no {history_file(name)}.", soft_wrap=True)
    for entry in entries:
        console.print(Text(printable(told(entry))), soft_wrap=True)


def told(entry: RetrainingEntry) -> str:
    """Returns one line on a decision: when, what came of it, and why."""
    what = entry.result or entry.verdict
    return f"{entry.made:%Y-%m-%d %H:%M} {what.replace('_', ' ')}: {entry.sentence} {entry.outcome}".rstrip()
