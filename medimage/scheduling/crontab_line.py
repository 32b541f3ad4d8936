"""A schedule as a line of the account's crontab, between two lines that mark it as ours."""

import re
import shlex
import shutil
import subprocess

from medimage.errors import ConfigurationError, MedimageError
from medimage.scheduling.machine_command import runner_folder, runner_words, unique_name
from medimage.scheduling.schedule import Schedule
from medimage.scheduling.stored_schedules import folder_of
from medimage.scheduling.time_zones import find_time_zone
from medimage.workspace import WORKSPACE_VARIABLE, workspace

_SECONDS = 60


def crontab_block(schedule: Schedule, *, knows_zones: bool) -> str:
    """Returns the lines of a schedule.

    Args:
        schedule: What is run.
        knows_zones: Whether this cron reads `CRON_TZ`, as cronie does. The line is the last one then, because the zone
            holds for all that follow.

    Raises:
        ConfigurationError: If cron would read the times on another clock.
    """
    if schedule.zone != find_time_zone(None).key and not knows_zones:
        raise ConfigurationError(
            f"--time-zone: this machine's cron reads its times on this machine's clock, {find_time_zone(None).key}, "
            f"and knows no {schedule.zone}. Give the times on that clock, or use --install systemd, or no --install."
        )
    # Also where it is this machine's own, because another schedule's line may stand above.
    zone = f"CRON_TZ={schedule.zone}\n" if knows_zones else ""
    words = shlex.join([f"{WORKSPACE_VARIABLE}={workspace()}", *runner_words(schedule.name)])
    own = folder_of(schedule.name)
    # Where the workspace is gone, the run is started all the same, so that it tells so; cron sends what it prints.
    logged = f"test ! -w {shlex.quote(str(own.path))} || exec >> {shlex.quote(str(own.output))} 2>&1"
    command = f"cd {shlex.quote(str(runner_folder()))} && {{ {logged}; env {words}; }}"
    if "\n" in command or "\\" in command:
        raise ConfigurationError(
            f"--install crontab: expected folders without line breaks and backslashes, which not every cron reads: "
            f"{command!r}"
        )
    # cron takes % for the end of a line, also between quotes (crontab(5)).
    escaped = command.replace("%", r"\%")
    begin, end = _marks(schedule.name)
    return f"{begin}\n{zone}{schedule.cron} {escaped}\n{end}\n"


def install_line(schedule: Schedule) -> None:
    """Puts the schedule's lines into the crontab, in place of those of before.

    Raises:
        ConfigurationError: If cron would read the times on another clock.
        MedimageError: If the crontab cannot be read or written.
    """
    block = crontab_block(schedule, knows_zones=cron_knows_zones())
    kept = _without(schedule.name, _read())
    _write(f"{kept}{'' if not kept or kept.endswith(chr(10)) else chr(10)}{block}")


def remove_line(name: str) -> None:
    """Takes a schedule's lines out of the crontab. On a machine that has no cron, nothing runs them.

    Raises:
        MedimageError: If the crontab cannot be read or written.
    """
    if shutil.which("crontab") is None:
        return
    before = _read()
    kept = _without(name, before)
    if kept != before:
        _write(kept)


def is_installed(name: str) -> bool:
    """Returns whether the crontab has a schedule's lines.

    Raises:
        MedimageError: If it cannot be read.
    """
    text = _read()
    return _without(name, text) != text


def cron_knows_zones() -> bool:
    """Returns whether this machine's cron is cronie, which reads `CRON_TZ`; Debian's does not."""
    finished = _run("-V")
    return finished is not None and "cronie" in (finished.stdout + finished.stderr).lower()


def told_limits(schedule: Schedule) -> str:
    """Returns what cron does otherwise than the foreground and systemd, for a person."""
    return (
        f"cron reads the times in {schedule.zone}. It runs nothing that is missed while the machine is off or asleep: "
        "that is told, as missed, when the next run is due."
    )


def _marks(name: str) -> tuple[str, str]:
    mark = f"# {unique_name(name)}"
    return f"{mark} begins (medimage schedule delete {name} removes it)", f"{mark} ends"


def _without(name: str, text: str) -> str:
    begin, end = (re.escape(mark) for mark in _marks(name))
    # A mark that somebody took out must not take the lines of others with it, up to the end of a later block.
    return re.sub(rf"^{begin}\n(?:(?!# medimage-).*\n)*?{end}\n?", "", text, flags=re.MULTILINE)


def _read() -> str:
    finished = _run("-l")
    if finished is None:
        raise MedimageError(
            "This machine has no cron (crontab is not there): use --install systemd, or no --install to keep the "
            "schedule in the foreground."
        )
    if finished.returncode != 0:
        if "no crontab for" in finished.stderr.lower():
            return ""
        raise MedimageError(f"The crontab cannot be read: {finished.stderr.strip()}.")
    return finished.stdout


def _write(text: str) -> None:
    finished = _run("-", text=text)
    if finished is None or finished.returncode != 0:
        reason = "crontab is not there" if finished is None else finished.stderr.strip()
        raise MedimageError(f"The crontab cannot be written, and is as it was: {reason}.")


def _run(*words: str, text: str | None = None) -> subprocess.CompletedProcess[str] | None:
    program = shutil.which("crontab")
    if program is None:
        return None
    return subprocess.run(  # noqa: S603
        [program, *words], input=text or "", capture_output=True, text=True, timeout=_SECONDS, check=False
    )
