"""Schedules and their history, printed for a person."""

import sys
from typing import TYPE_CHECKING

from medimage.errors import MedimageError
from medimage.printable import printable
from medimage.scheduling import crontab_line, systemd_timer
from medimage.scheduling.alerts.severity import meaning_of
from medimage.scheduling.keeper import utc_now
from medimage.scheduling.run_history import Event, HistoryLine, read_history
from medimage.scheduling.schedule import Schedule, StartedBy
from medimage.scheduling.stored_schedules import folder_of, is_kept
from medimage.scheduling.time_zones import find_time_zone, told_time

if TYPE_CHECKING:
    from pipelines.cluster_schedule import ClusterSchedule

_LINES = 20


def tell_schedule(schedule: Schedule) -> None:
    """Prints what a schedule of this machine is, whether somebody looks at the clock for it, and when it is due."""
    state, runs = _state(schedule)
    _write(f"{schedule.name} ({state}): {schedule.command_text()}")
    following = "paused" if schedule.paused else "nothing runs it"
    if runs and not schedule.paused:
        following = f"next run: {told_time(schedule.next_after(utc_now()), schedule.time_zone)}"
    _write(f"    '{schedule.cron}' in {schedule.zone}; {following}")
    lines = read_history(folder_of(schedule.name).history)
    if lines:
        _write(f"    last: {_told(schedule, lines[-1])}")


def tell_history(schedule: Schedule) -> None:
    """Prints the latest lines of a schedule's history."""
    lines = read_history(folder_of(schedule.name).history)
    _write(f"{folder_of(schedule.name).history}:" if lines else "Nothing has happened yet.")
    for line in lines[-_LINES:]:
        _write(f"    {_told(schedule, line)}")


def tell_cluster_schedule(schedule: "ClusterSchedule") -> None:
    """Prints what a schedule of the cluster is, and when it is due."""
    if schedule.problem:
        _write(f"{schedule.name}: {schedule.problem}")
        return
    _write(f"{schedule.name} (CronJob {schedule.cron_job}): pipeline {schedule.pipeline}")
    following = "paused"
    if schedule.next_due is not None:
        following = f"next run: {told_time(schedule.next_due, find_time_zone(schedule.zone))}"
    _write(f"    '{schedule.cron}' in {schedule.zone}; {following}")


def _state(schedule: Schedule) -> tuple[str, bool]:
    """Returns who starts the runs, in words, and whether they are there to do it."""
    if schedule.started_by is StartedBy.FOREGROUND:
        kept = is_kept(schedule.name)
        return ("kept by a process now", True) if kept else ("its process has ended", False)
    try:
        looks = systemd_timer if schedule.started_by is StartedBy.SYSTEMD else crontab_line
        there = looks.is_installed(schedule.name)
    except MedimageError as error:
        return f"{schedule.started_by.value}: {error}", False
    missing = (
        f"its {'timer' if schedule.started_by is StartedBy.SYSTEMD else 'line'} is gone: make it anew with --replace"
    )
    return (schedule.started_by.value, True) if there else (f"{schedule.started_by.value}, but {missing}", False)


def _told(schedule: Schedule, line: HistoryLine) -> str:
    due = told_time(line.scheduled, schedule.time_zone)
    shown = line.time.astimezone(schedule.time_zone)
    if line.event is Event.STARTED:
        return f"{due}: started at {shown:%H:%M:%S}"
    if line.exit_code is not None:
        meaning = meaning_of(schedule.module, line.exit_code)
        return f"{due}: {meaning.text} at {shown:%Y-%m-%d %H:%M:%S} (exit code {line.exit_code})"
    many = "" if line.times == 1 else f", the last of {line.times}"
    return f"{due}: {line.event.value}{many}"


def _write(text: str) -> None:
    sys.stdout.write(f"{printable(text)}\n")
