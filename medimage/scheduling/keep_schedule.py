"""Putting a schedule into the workspace, beside or in place of others."""

from collections.abc import Callable
from dataclasses import replace as changed

from medimage.errors import ConfigurationError
from medimage.scheduling.schedule import Schedule, StartedBy
from medimage.scheduling.stored_schedules import forget_schedule, is_kept, read_schedule, write_schedule


def put_in_place(schedule: Schedule, *, replace: bool, remove: Callable[[Schedule], None]) -> Schedule:
    """Writes a schedule, and returns it as it is then.

    One that was kept in the foreground before, with the same command at the same times, goes on: what was missed since
    is made up for or told, and what was paused stays so.

    Args:
        schedule: The schedule.
        replace: Whether a schedule of that name gives way.
        remove: Takes another schedule from systemd or cron.

    Raises:
        ConfigurationError: If the name is taken.
        StorageError: If the workspace cannot be written to.
    """
    before = _require_free_name(schedule, replace=replace)
    if before is not None:
        remove(before)
        if before.same_work(schedule) and before.started_by is schedule.started_by is StartedBy.FOREGROUND:
            schedule = changed(schedule, made=before.made, paused=before.paused)
        else:
            forget_schedule(before.name)
    write_schedule(schedule)
    return schedule


def _require_free_name(schedule: Schedule, *, replace: bool) -> Schedule | None:
    """Returns what has the name already and may be replaced, or None.

    A schedule in the foreground has its name while its process lives, and gives it afterwards to the same work alone,
    which goes on with its history; one that systemd or cron starts has it until it is deleted.

    Raises:
        ConfigurationError: If the name is taken.
    """
    before = read_schedule(schedule.name)
    if before is None:
        return None
    kept = is_kept(schedule.name)
    goes_on = before.started_by is schedule.started_by is StartedBy.FOREGROUND and before.same_work(schedule)
    if kept or not (goes_on or replace):
        how = (
            f"End its process first, or delete it with medimage schedule delete {schedule.name}"
            if kept
            else "Give --replace to put this one in its place"
        )
        raise ConfigurationError(
            f"--schedule-name: there is a schedule {schedule.name} already, started by {before.started_by.value}: "
            f"{before.command_text()} at '{before.cron}' {before.zone}. {how}, or name this one otherwise, with "
            "--schedule-name NAME."
        )
    return before
