"""Putting a schedule into the workspace, beside or in place of others."""

from collections.abc import Callable
from dataclasses import replace as changed

from medimage.scheduling.schedule import Schedule, StartedBy
from medimage.scheduling.stored_schedules import forget_schedule, require_free_name, write_schedule


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
    before = require_free_name(schedule, replace=replace)
    if before is not None:
        remove(before)
        if before.same_work(schedule) and before.started_by is schedule.started_by is StartedBy.FOREGROUND:
            schedule = changed(schedule, made=before.made, paused=before.paused)
        else:
            forget_schedule(before.name)
    write_schedule(schedule)
    return schedule
