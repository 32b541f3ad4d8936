"""Schedules of this machine: kept in the foreground, or handed to systemd or cron."""

import os
import signal
import sys
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path

from medimage.errors import ConfigurationError, MedimageError, StorageError
from medimage.file_lock import lock_if_free
from medimage.printable import printable
from medimage.scheduling import crontab_line, systemd_timer
from medimage.scheduling.alerts.alert_settings import AlertSettings
from medimage.scheduling.alerts.send_alert import send_alert
from medimage.scheduling.child_command import ChildCommand
from medimage.scheduling.foreground import keep_in_foreground
from medimage.scheduling.keep_schedule import put_in_place
from medimage.scheduling.keeper import Keeper, utc_now
from medimage.scheduling.kept_alerts import forget_alerts, keep_alerts
from medimage.scheduling.kept_environment import keep_environment
from medimage.scheduling.schedule import Schedule, StartedBy
from medimage.scheduling.stored_schedules import (
    find_schedule,
    folder_of,
    forget_schedule,
    is_current,
    one_at_a_time,
    read_schedule,
)
from medimage.scheduling.time_zones import told_time
from medimage.workspace import WORKSPACE_VARIABLE, workspace


def keep(schedule: Schedule, alerts: AlertSettings, *, replace: bool) -> None:
    """Keeps a schedule in the foreground until the process is asked to end, or the schedule is deleted.

    Args:
        schedule: What is run, and when.
        alerts: Who is told.
        replace: Whether a schedule of that name gives way.

    Raises:
        ConfigurationError: If the name is taken.
    """
    with ExitStack() as stack:
        with one_at_a_time():
            kept = put_in_place(schedule, replace=replace, remove=_remove_installed)
            if not stack.enter_context(lock_if_free(folder_of(kept.name).keeper_lock)):
                raise ConfigurationError(f"--schedule-name: another process begins to keep {kept.name} just now.")
        if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
            # A terminal that is closed ends it with its run, unless it was started with nohup.
            signal.signal(signal.SIGHUP, signal.default_int_handler)
        command = ChildCommand(kept.program(), folder=Path(kept.folder))
        keeper = Keeper(kept, command=command, alert=partial(send_alert, settings=alerts), say=say)
        _tell_schedule(kept, alerts)
        say("Ctrl-C, or medimage schedule delete, ends it with the run that is under way.")
        keep_in_foreground(keeper, command, is_wanted=lambda: is_current(kept))
        say(f"The schedule {kept.name} has ended.")


def install(schedule: Schedule, alerts: AlertSettings, *, replace: bool) -> None:
    """Hands a schedule to systemd or cron.

    Args:
        schedule: What is run, and when.
        alerts: Who is told.
        replace: Whether a schedule of that name gives way.

    Raises:
        ConfigurationError: If the name is taken, or cron would read the times on another clock.
        MedimageError: If systemd or cron does not take it. There is no such schedule then, nor the one before.
    """
    _texts(schedule)
    with one_at_a_time():
        before = read_schedule(schedule.name)
        kept = put_in_place(schedule, replace=replace, remove=_remove_installed)
        try:
            # A relative path would be another one where systemd and cron start.
            settings = {**os.environ, WORKSPACE_VARIABLE: str(workspace())}
            keep_environment(folder_of(kept.name).environment, settings)
            _keep_alerts(kept.name, settings)
            if kept.started_by is StartedBy.SYSTEMD:
                systemd_timer.install_timer(kept)
            else:
                crontab_line.install_line(kept)
        except (MedimageError, OSError) as error:
            forget_schedule(kept.name)
            forget_alerts(kept.name)
            if before is None:
                raise
            raise MedimageError(
                f"{error} The schedule {before.name} that was there before, at '{before.cron}' in {before.zone}, had "
                "to give way and is gone: make it again."
            ) from error
    _tell_schedule(kept, alerts)
    if kept.started_by is StartedBy.SYSTEMD:
        say(
            f"Files: {systemd_timer.unit_folder()}. Without a session of this account it needs: loginctl enable-linger."
            " A time that the clock jumps over in spring is left out by systemd."
        )
    else:
        say(crontab_line.told_limits(kept))
    say(f"Its runs have this shell's settings, kept for this account alone in {folder_of(kept.name).environment}.")


def _keep_alerts(name: str, settings: Mapping[str, str]) -> None:
    try:
        keep_alerts(name, settings)
    except StorageError as error:
        # An account without a folder, as services have, can have schedules all the same.
        say(f"A run that finds its workspace gone will be told to nobody: {error}")


def show(schedule: Schedule) -> None:
    """Prints what would be installed.

    Raises:
        ConfigurationError: If cron would read the times on another clock.
        MedimageError: If systemd would not take it.
    """
    sys.stdout.write(_texts(schedule))


def remove(name: str) -> None:
    """Removes a schedule of this machine, wherever it stands.

    Raises:
        ConfigurationError: If there is none.
        MedimageError: If systemd or cron does not let go of it.
    """
    with one_at_a_time():
        _remove_installed(find_schedule(name))
        forget_schedule(name)


def _remove_installed(schedule: Schedule) -> None:
    if schedule.started_by is StartedBy.SYSTEMD:
        systemd_timer.remove_timer(schedule.name)
    elif schedule.started_by is StartedBy.CRONTAB:
        crontab_line.remove_line(schedule.name)
    # Last: what is still started must still find who is told.
    forget_alerts(schedule.name)


def _texts(schedule: Schedule) -> str:
    if schedule.started_by is StartedBy.SYSTEMD:
        systemd_timer.check_units(schedule)
        folder = systemd_timer.unit_folder()
        return "\n".join(f"# {folder / name}\n{text}" for name, text in systemd_timer.unit_texts(schedule).items())
    return crontab_line.crontab_block(schedule, knows_zones=crontab_line.cron_knows_zones())


def _tell_schedule(schedule: Schedule, alerts: AlertSettings) -> None:
    say(f"Schedule {schedule.name}: {schedule.command_text()}")
    following = schedule.next_after(utc_now())
    say(f"'{schedule.cron}' in {schedule.zone}; next run: {told_time(following, schedule.time_zone)}")
    minutes = schedule.grace.total_seconds() / 60
    say(f"A missed run is made up for within {minutes:g} min. Alerts: {', '.join(alerts.ways())}.")
    if schedule.paused:
        say(f"It is paused: medimage schedule resume {schedule.name}")


def say(line: str) -> None:
    """Prints a line for whoever looks on."""
    # Where nobody reads any more, runs go on: their history is kept, and who has to know is told.
    with suppress(OSError):
        sys.stdout.write(f"{printable(line)}\n")
        sys.stdout.flush()
