"""Lists what runs left behind in the workspace that nothing refers to any more, and removes it with --delete.

`medimage clean [--older-than 30d] [--delete] [--summary FILE]`
"""

import argparse
import json
import logging
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medimage.cleaning.age import parse_age
from medimage.cleaning.garbage import Findings, Garbage, Kind
from medimage.errors import ConfigurationError, MedimageError
from medimage.exit_codes import ERROR, PASSED, call_and_exit
from medimage.hidden_credentials import hide_credentials
from medimage.scheduling.keeper import utc_now
from medimage.whole_file import write_whole
from medimage.workspace import require_writable_workspace
from medimage.workspace_use import workspace_alone
from pipelines.zenml_database import is_zenml_set_up, open_zenml

logger = logging.getLogger(__name__)

_DEFAULT_AGE = "30d"


@dataclass(frozen=True, kw_only=True)
class CleanArguments:
    """What the user asked for.

    Attributes:
        older_than: Age from which something is taken for left behind, such as `30d`.
        delete: Whether it is removed, and not only listed.
        summary: File for what was found, as JSON.
    """

    older_than: str
    delete: bool
    summary: Path | None


def run(arguments: CleanArguments) -> int:
    """Lists, or removes, what nothing refers to any more.

    Args:
        arguments: What the user asked for.

    Returns:
        0, or 1 where something could not be removed.

    Raises:
        ConfigurationError: If the age is none.
        RegistryError: If the registry cannot be asked which runs it refers to: then nothing is removed.
        UnderWayError: If something is to be removed while a run is under way in the workspace.
    """
    age = parse_age(arguments.older_than)
    require_writable_workspace()
    _open_own_database()
    if not arguments.delete:
        return _tell(arguments, _find(utc_now() - age), removed=(), failed={})
    with workspace_alone("removed"):
        # Looked for anew while nobody else can begin anything: what is found here nobody takes into use meanwhile.
        found = _find(utc_now() - age)
        failed = _remove(found.garbage)
    removed = [each for each in found.garbage if each not in failed]
    return _tell(arguments, found, removed=removed, failed=failed)


def _open_own_database() -> None:
    """Opens ZenML's database, and ends runs that were killed; does nothing where there is none yet.

    Raises:
        ConfigurationError: If ZenML works with a database or server that is not the workspace's own.
    """
    if not is_zenml_set_up():
        return
    open_zenml()
    # ZenML and MLflow take seconds to import: a wrong command is told at once.
    from zenml.client import Client  # noqa: PLC0415

    from pipelines.killed_runs import end_killed_runs  # noqa: PLC0415

    store = Client().zen_store
    if os.environ.get("ZENML_STORE_URL") or not store.is_local_store():
        raise ConfigurationError(
            "medimage clean works on a workspace with a ZenML database of its own, but ZenML works with "
            f"{hide_credentials(store.url)}: other machines may begin runs there at any moment, and nobody here could "
            "keep them from it. Clean with ZenML's own commands on that server (docs/how-to/upkeep.md)."
        )
    end_killed_runs()


def _find(before: Any) -> Findings:
    from pipelines.garbage_in_workspace import find_garbage  # noqa: PLC0415

    return find_garbage(before=before)


def _remove(garbage: tuple[Garbage, ...]) -> dict[Garbage, str]:
    # Imported here because it takes a second.
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415
    from zenml.exceptions import IllegalOperationError  # noqa: PLC0415

    from pipelines.garbage_removal import remove_garbage  # noqa: PLC0415

    failed: dict[Garbage, str] = {}
    for each in garbage:
        run = _run_that_needs(each, failed)
        if run is not None:
            failed[each] = f"it is not removed: the run {run.name}, which could not be removed, may need it."
            continue
        try:
            remove_garbage(each)
        except LookupError as error:
            logger.debug("%s is gone already: %s", each.name, error)
        except (MedimageError, IllegalOperationError, SQLAlchemyError, ValueError) as error:
            # ZenML refuses with a plain ValueError, and what one thing is refused for is no reason to keep the others.
            failed[each] = hide_credentials(" ".join(str(error).split()))
    return failed


def _run_that_needs(garbage: Garbage, failed: Iterable[Garbage]) -> Garbage | None:
    """Returns a run that could not be removed and may need what was found to go with it: its folder, and downloads."""
    runs = (each for each in failed if each.kind is Kind.RUN)
    of_any, of_own = garbage.kind is Kind.DOWNLOAD, garbage.kind is Kind.RUN_FOLDER
    return next((run for run in runs if of_any or (of_own and run.name == garbage.name)), None)


def _tell(
    arguments: CleanArguments,
    found: Findings,
    *,
    removed: tuple[Garbage, ...] | list[Garbage],
    failed: dict[Garbage, str],
) -> int:
    from pipelines.clean_tables import tell_findings  # noqa: PLC0415

    if arguments.summary is not None:
        values = {
            "older_than": arguments.older_than,
            "deleted": arguments.delete,
            "garbage": [
                {**each.to_dict(), "removed": each in removed, "problem": failed.get(each, "")}
                for each in found.garbage
            ],
            "kept": [{"name": each.name, "reason": each.reason} for each in found.kept],
            "bytes": sum(each.size for each in found.garbage),
        }
        text = json.dumps(values, indent=2, ensure_ascii=False)
        write_whole(arguments.summary, text.encode("utf-8", errors="backslashreplace") + b"\n")
    tell_findings(found, failed=failed, deleted=arguments.delete, older_than=arguments.older_than)
    return ERROR if failed else PASSED


def main() -> int:
    """Reads the command line and cleans."""
    parser = argparse.ArgumentParser(
        prog="medimage clean", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--older-than",
        default=_DEFAULT_AGE,
        metavar="AGE",
        help="what was used since stays: hours, days or weeks, such as 12h, 30d or 4w (default: %(default)s)",
    )
    parser.add_argument("--delete", action="store_true", help="remove what is listed; without it, nothing is removed")
    parser.add_argument("--summary", type=Path, metavar="FILE", help="write what was found to FILE as JSON")
    arguments = parser.parse_args(sys.argv[1:])
    return run(CleanArguments(older_than=arguments.older_than, delete=arguments.delete, summary=arguments.summary))


if __name__ == "__main__":
    call_and_exit(main)
