"""The schedules: what there is, when each is due, what became of its runs; and to pause, resume or delete one.

`medimage schedule list|show|pause|resume|delete`
"""

import argparse
import dataclasses
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from medimage.errors import ConfigurationError, MedimageError
from medimage.exit_codes import PASSED, call_and_exit
from medimage.scheduling.stored_schedules import (
    find_schedule,
    one_at_a_time,
    read_schedule,
    stored_names,
    write_schedule,
)
from medimage.workspace import require_whole_workspace
from pipelines.installed_run import run_installed
from pipelines.local_schedule import remove, say
from pipelines.schedule_tables import tell_cluster_schedule, tell_history, tell_schedule
from pipelines.zenml_database import is_zenml_set_up, open_zenml

if TYPE_CHECKING:
    from pipelines.cluster_schedules import ClusterSchedules


def main() -> int:
    """Reads the command line, does what it asks for, and returns the exit code."""
    chosen = _parser().parse_args()
    if chosen.action == "run":
        code = run_installed(chosen.name, say=say)
        return PASSED if code is None else code if code >= 0 else 128 - code
    require_whole_workspace()
    act: dict[str, Callable[[], None]] = {
        "list": _list,
        "show": lambda: _show(chosen.name),
        "pause": lambda: _pause(chosen.name, paused=True),
        "resume": lambda: _pause(chosen.name, paused=False),
        "delete": lambda: _delete(chosen.name),
    }
    act[chosen.action]()
    return PASSED


def _list() -> None:
    names = stored_names()
    for name in names:
        try:
            tell_schedule(find_schedule(name))
        except MedimageError as error:
            # One that cannot be read must not hide the others.
            sys.stdout.write(f"{name}: {error}\n")
    cluster = _cluster()
    there = bool(names)
    if cluster is not None:
        try:
            for schedule in cluster.standing():
                there = True
                tell_cluster_schedule(schedule)
        except MedimageError as error:
            there = True
            sys.stdout.write(f"{error}\n")
    if not there:
        sys.stdout.write("There are no schedules. Any pipeline command becomes one with --schedule '0 3 * * 1'.\n")


def _show(name: str) -> None:
    schedule = find_schedule(name)
    tell_schedule(schedule)
    tell_history(schedule)


def _pause(name: str, *, paused: bool) -> None:
    told = f"{name} is paused: nothing is run until medimage schedule resume {name}." if paused else f"{name} goes on."
    if _is_stored(name):
        # One that is deleted or replaced in this moment must not come back.
        with one_at_a_time():
            write_schedule(dataclasses.replace(find_schedule(name), paused=paused))
    else:
        _on_cluster(name, lambda cluster: cluster.pause(name, paused=paused))
    sys.stdout.write(f"{told}\n")


def _delete(name: str) -> None:
    if _is_stored(name):
        remove(name)
    else:
        _on_cluster(name, lambda cluster: cluster.delete(name))
    sys.stdout.write(f"{name} is deleted.\n")


def _is_stored(name: str) -> bool:
    try:
        return read_schedule(name) is not None
    except ValueError as error:
        raise ConfigurationError(str(error).removeprefix("--schedule-name: ")) from error


def _on_cluster(name: str, act: Callable[["ClusterSchedules"], None]) -> None:
    cluster = _cluster()
    if cluster is not None and cluster.has(name):
        act(cluster)
    else:
        # It is on neither, which this tells with what there is.
        find_schedule(name)


def _cluster() -> "ClusterSchedules | None":
    """Returns the schedules of the active stack's orchestrator, or None where it has none of its own."""
    if not is_zenml_set_up():
        return None
    open_zenml()
    # Imported here because it needs the database that was opened, and takes seconds.
    from zenml.client import Client  # noqa: PLC0415

    if not Client().active_stack.orchestrator.config.is_schedulable:
        return None
    from pipelines.cluster_schedules import ClusterSchedules  # noqa: PLC0415

    return ClusterSchedules()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="medimage schedule",
        description="The schedules of this workspace, and those of the active stack's cluster. Any pipeline command "
        "becomes one with --schedule '0 3 * * 1'; docs/how-to/schedules.md tells all of it.",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="list all schedules with their next times")
    told = {
        "show": "show a schedule of this machine, and what became of its latest runs",
        "pause": "run nothing until it is resumed",
        "resume": "let a paused schedule go on",
        "delete": "remove a schedule, wherever it stands",
        "run": "run a schedule if it is due; systemd and cron call this",
    }
    for name, meaning in told.items():
        action = actions.add_parser(name, help=meaning)
        action.add_argument("name", metavar="NAME", help="what the schedule is called")
    return parser


if __name__ == "__main__":
    call_and_exit(main)
