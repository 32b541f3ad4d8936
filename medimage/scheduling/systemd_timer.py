"""A schedule as a timer of systemd, for the account that makes it."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from medimage.errors import MedimageError
from medimage.scheduling.cron_expression import CronExpression
from medimage.scheduling.cron_field import CronField
from medimage.scheduling.machine_command import runner_folder, runner_words, unique_name
from medimage.scheduling.schedule import Schedule
from medimage.whole_file import write_whole
from medimage.workspace import WORKSPACE_VARIABLE, workspace

_WEEKDAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")
_SECONDS = 60


def calendar_events(cron: CronExpression, zone: str) -> tuple[str, ...]:
    """Returns what systemd.time(7) calls calendar events: two where either of two days may fit, else one."""
    days = _listed(cron.day, range(1, 32))
    weekdays = "" if len(cron.weekday.values) == 7 else ",".join(_WEEKDAYS[day] for day in sorted(cron.weekday.values))
    months, hours, minutes = (
        _listed(field, values)
        for field, values in ((cron.month, range(1, 13)), (cron.hour, range(24)), (cron.minute, range(60)))
    )
    time = f"{hours}:{minutes}:00 {zone}"
    if cron.either_day and weekdays and days != "*":
        return (f"*-{months}-{days} {time}", f"{weekdays} *-{months}-* {time}")
    if cron.either_day:
        return (f"*-{months}-* {time}",)
    return (f"{weekdays} *-{months}-{days} {time}".lstrip(),)


def unit_texts(schedule: Schedule) -> dict[str, str]:
    """Returns the text of the service and of the timer, by file name."""
    unit = unique_name(schedule.name)
    command = " ".join(_quoted(word) for word in runner_words(schedule.name))
    events = "".join(f"OnCalendar={event}\n" for event in calendar_events(schedule.cron, schedule.zone))
    service = (
        f"[Unit]\nDescription=medimage schedule {schedule.name}\n\n"
        f"[Service]\nType=oneshot\nWorkingDirectory={_escaped(str(runner_folder()))}\n"
        f"Environment={_quoted(f'{WORKSPACE_VARIABLE}={workspace()}', is_command=False)}\n"
        f"ExecStart={command}\n"
        # Codes that say how a run came out, and not that there was none.
        "SuccessExitStatus=3 4 5\n"
    )
    timer = (
        f"[Unit]\nDescription=Times of the medimage schedule {schedule.name}\n\n"
        f"[Timer]\n{events}Persistent=true\nAccuracySec=1s\nUnit={unit}.service\n\n"
        "[Install]\nWantedBy=timers.target\n"
    )
    return {f"{unit}.service": service, f"{unit}.timer": timer}


def install_timer(schedule: Schedule) -> None:
    """Writes service and timer, and starts the timer. What was there of that name is replaced.

    Raises:
        MedimageError: If systemd does not take it. Nothing is left behind then.
    """
    texts = unit_texts(schedule)
    check_units(schedule)
    folder = unit_folder()
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        write_whole(folder / name, text.encode())
    try:
        _systemctl("daemon-reload")
        _systemctl("enable", f"{unique_name(schedule.name)}.timer")
        # Also where it runs already, by its times of before.
        _systemctl("restart", f"{unique_name(schedule.name)}.timer")
    except MedimageError:
        for name in texts:
            (folder / name).unlink(missing_ok=True)
        raise


def remove_timer(name: str) -> None:
    """Stops the timer of a schedule and removes its files.

    Raises:
        MedimageError: If systemd does not stop it. Its files are gone all the same, and with them the timer when the
            session ends.
    """
    files = [unit_folder() / f"{unique_name(name)}.{kind}" for kind in ("timer", "service")]
    if not any(file.exists() for file in files):
        return
    try:
        _systemctl("disable", "--now", files[0].name)
    finally:
        for file in files:
            file.unlink(missing_ok=True)
    _systemctl("daemon-reload")


def is_installed(name: str) -> bool:
    """Returns whether the timer of a schedule has its file."""
    return (unit_folder() / f"{unique_name(name)}.timer").is_file()


def unit_folder() -> Path:
    """Returns where systemd looks for the units of an account."""
    configured = os.environ.get("XDG_CONFIG_HOME")
    return (Path(configured) if configured else Path.home() / ".config") / "systemd" / "user"


def check_units(schedule: Schedule) -> None:
    """Lets systemd read the units, where this machine has it.

    Raises:
        MedimageError: If it finds them wrong.
    """
    analyser = shutil.which("systemd-analyze")
    if analyser is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for name, text in unit_texts(schedule).items():
            file = Path(folder) / name
            file.write_text(text)
            files.append(str(file))
        # It asks for a folder of a session, and uses none where it only reads.
        session = {"XDG_RUNTIME_DIR": folder, **os.environ}
        _checked([analyser, "--user", "verify", *files], environment=session)
        _checked([analyser, "calendar", *calendar_events(schedule.cron, schedule.zone)])


def _checked(words: list[str], *, environment: Mapping[str, str] = os.environ) -> None:
    finished = subprocess.run(  # noqa: S603
        words, capture_output=True, text=True, timeout=_SECONDS, check=False, env=environment
    )
    if finished.returncode != 0:
        raise MedimageError(f"systemd does not take the units of this schedule: {finished.stderr.strip()}")


def _systemctl(*words: str) -> None:
    program = shutil.which("systemctl")
    if program is None:
        raise MedimageError(
            "This machine has no systemd (systemctl is not there): use --install crontab, or no --install."
        )
    finished = subprocess.run(  # noqa: S603
        [program, "--user", *words], capture_output=True, text=True, timeout=_SECONDS, check=False
    )
    if finished.returncode != 0:
        raise MedimageError(
            f"systemctl --user {' '.join(words)} did not work: {finished.stderr.strip()}. Where there is no session of "
            "systemd for this account, as in a container, use --install crontab, or no --install."
        )


def _listed(field: CronField, whole: Iterable[int]) -> str:
    return "*" if field.values >= set(whole) else ",".join(f"{value:02d}" for value in sorted(field.values))


def _quoted(word: str, *, is_command: bool = True) -> str:
    """Returns a word as systemd.service(5) reads it back: quoted, and without meaning for its specifiers."""
    text = _escaped(word).replace("\\", "\\\\").replace('"', '\\"')
    if is_command:
        text = text.replace("$", "$$")
    return f'"{text}"'


def _escaped(text: str) -> str:
    return text.replace("%", "%%")
