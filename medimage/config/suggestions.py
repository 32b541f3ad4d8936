"""Guesses what was meant."""

import difflib
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from medimage.wording import listed

_LIKENESS = 0.6
_MOST_ENTRIES_READ = 1000


def nearest_names(name: str, names: Iterable[str], *, count: int = 3) -> tuple[str, ...]:
    """Returns the names most like `name`, the nearest first, without regard to case; none where none is alike."""
    by_lower: dict[str, list[str]] = {}
    for candidate in names:
        by_lower.setdefault(candidate.lower(), []).append(candidate)
    near = difflib.get_close_matches(name.lower(), by_lower, n=count, cutoff=_LIKENESS)
    return tuple(islice((candidate for lower in near for candidate in by_lower[lower]), count))


def did_you_mean(names: Iterable[str]) -> str:
    """Returns `; did you mean A or B?`, or nothing where there is no name."""
    meant = list(names)
    return f"; did you mean {listed(meant, word='or')}?" if meant else ""


def nearest_paths(path: Path) -> tuple[str, ...]:
    """Returns the existing neighbours of a missing file or folder whose names are most like its own."""
    try:
        # A folder of images may hold millions of entries: a guess is not worth reading them all.
        neighbours = [entry.name for entry in islice(path.parent.iterdir(), _MOST_ENTRIES_READ)]
    except OSError:
        return ()
    return tuple(str(path.parent / name) for name in nearest_names(path.name, neighbours))
