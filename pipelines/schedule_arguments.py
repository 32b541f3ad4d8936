"""What the command line of any pipeline says about when it is to run."""

import difflib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from medimage.errors import ConfigurationError
from medimage.scheduling.cron_expression import CronExpression
from medimage.scheduling.schedule import DEFAULT_GRACE_MINUTES, require_name
from medimage.scheduling.time_zones import find_time_zone

_WITH_VALUE = {
    "--schedule": "Times to run at, as cron has them: minute, hour, day, month, day of the week, such as '0 3 * * 1'.",
    "--time-zone": "Zone of these times, such as Europe/Berlin; this machine's when not given.",
    "--schedule-name": "What the schedule is called; after the pipeline when not given.",
    "--grace-minutes": f"How late a run may begin that was missed; {DEFAULT_GRACE_MINUTES} when not given.",
    "--install": "Who starts the runs, systemd or crontab, in place of this process, which else stays to do it.",
}
_SWITCHES = {
    "--print": "With --install: show what would be written, and write nothing.",
    "--replace": "Put the schedule in place of the one that has its name.",
}
_SIMILAR = 0.84
"""Likeness (`difflib`) from which on an option is taken for one of these, misspelt; those of pipelines are below."""
_INSTALLERS: dict[str, Literal["systemd", "crontab"]] = {"systemd": "systemd", "crontab": "crontab"}


@dataclass(frozen=True, kw_only=True)
class ScheduleArguments:
    """What a person asked for.

    Attributes:
        cron: When to run.
        zone: Name of the time zone.
        name: What the schedule is called.
        grace_minutes: How late a run may begin.
        install: Who starts the runs; None for this process, or a cluster.
        print_only: Whether to show what would be installed.
        replace: Whether a schedule of that name gives way.
        words: The command's own arguments.
    """

    cron: CronExpression
    zone: str
    name: str
    grace_minutes: float
    install: Literal["systemd", "crontab"] | None
    print_only: bool
    replace: bool
    words: tuple[str, ...]


def read_schedule_arguments(arguments: Sequence[str], *, pipeline: str) -> ScheduleArguments | None:
    """Reads what a command line says about times, and leaves the rest to the command.

    Args:
        arguments: Words after the program's name.
        pipeline: What the schedule is called where it gets no name.

    Returns:
        What was asked for, or None where nothing is said of times.

    Raises:
        ConfigurationError: If something is said, and wrong.
    """
    values, switches, rest, problems = _taken(arguments)
    if not values and not switches and not problems:
        return None
    if "--schedule" not in values and not problems:
        given = [*values, *switches]
        raise ConfigurationError(f"{given[0]}: belongs to --schedule CRON, which is not given.")
    install = values.get("--install")
    if install is not None and install not in _INSTALLERS:
        problems.append(f"--install: expected systemd or crontab but got {install!r}")
    if "--print" in switches and install is None:
        problems.append("--print: shows what --install systemd or --install crontab would write; give one of them")
    name = values.get("--schedule-name", pipeline)
    cron, zone, grace = None, "", float(DEFAULT_GRACE_MINUTES)
    try:
        require_name(name)
        grace = _minutes(values.get("--grace-minutes"))
    except ValueError as error:
        problems.append(str(error))
    try:
        zone = find_time_zone(values.get("--time-zone")).key
    except ConfigurationError as error:
        problems.append(str(error))
    try:
        if "--schedule" in values:
            cron = CronExpression.parse(values["--schedule"])
    except ConfigurationError as error:
        problems.append(str(error))
    if problems or cron is None:
        raise ConfigurationError("\n".join(problems))
    return ScheduleArguments(
        cron=cron,
        zone=zone,
        name=name,
        grace_minutes=grace,
        install=None if install is None else _INSTALLERS[install],
        print_only="--print" in switches,
        replace="--replace" in switches,
        words=tuple(rest),
    )


def schedule_help() -> str:
    """Returns the part of a command's help that is about times."""
    lines = [f"  {name} VALUE\n      {meaning}" for name, meaning in _WITH_VALUE.items()]
    lines += [f"  {name}\n      {meaning}" for name, meaning in _SWITCHES.items()]
    return "\nto run it again and again (docs/how-to/schedules.md):\n" + "\n".join(lines) + "\n"


def _taken(arguments: Sequence[str]) -> tuple[dict[str, str], set[str], list[str], list[str]]:
    values: dict[str, str] = {}
    switches: set[str] = set()
    rest: list[str] = []
    problems: list[str] = []
    words = list(arguments)
    while words:
        word = words.pop(0)
        name, equals, value = word.partition("=")
        if name in _SWITCHES:
            switches.add(name)
            if equals:
                problems.append(f"{name}: takes no value but got {value!r}")
        elif name in _WITH_VALUE:
            if not equals and words and not words[0].startswith("--"):
                value = words.pop(0)
            if not value.strip():
                problems.append(f"{name}: needs a value, as {name} VALUE")
            elif name in values:
                problems.append(f"{name}: given twice, as {values[name]!r} and {value!r}")
            else:
                values[name] = os.fsencode(value).decode("utf-8", errors="replace")
        else:
            near = difflib.get_close_matches(name, [*_WITH_VALUE, *_SWITCHES], n=1, cutoff=_SIMILAR)
            if near:
                problems.append(f"{name}: there is no such option; did you mean {near[0]}?")
            rest.append(word)
    return values, switches, rest, problems


def _minutes(text: str | None) -> float:
    if text is None:
        return DEFAULT_GRACE_MINUTES
    try:
        minutes = float(text)
    except ValueError:
        raise ValueError(f"--grace-minutes: expected a number of minutes but got {text!r}") from None
    if not 0 <= minutes <= 7 * 24 * 60:
        raise ValueError(f"--grace-minutes: expected 0 to 10080 minutes (a week) but got {text!r}")
    return minutes
