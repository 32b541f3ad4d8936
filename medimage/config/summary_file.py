"""The file that `--summary` names: what may be overwritten, and that no earlier outcome is left in it."""

import json
from pathlib import Path

from medimage.config.file_checks import output_problem

_OPTION = "--summary"


def summary_problem(path: Path) -> str | None:
    """Says why a summary cannot be written to a file, or returns None where it can. Leaves nothing behind.

    A file that holds something else than the summary of an earlier run was named by mistake: the configuration, say.
    """
    unwritable = output_problem(path, option=_OPTION)
    if unwritable is not None:
        return unwritable
    if path.exists() and not _is_summary(path):
        return (
            f"{_OPTION}: {path.absolute()} is there and holds something else than the summary of an earlier run; "
            "name another file, or remove it"
        )
    return None


def remove_summary(path: Path) -> None:
    """Removes the summary of an earlier run, which must not be taken for the outcome of the one that is asked for.

    Args:
        path: A file without a `summary_problem`; of a link, what it leads to is removed, as that is what is written.
    """
    path.resolve().unlink(missing_ok=True)


def _is_summary(path: Path) -> bool:
    """Returns whether a file is an earlier summary, or empty, as those are that `mktemp` makes."""
    try:
        content = path.read_bytes()
        values = json.loads(content) if content.strip() else {"run_id": None}
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(values, dict) and "run_id" in values
