"""Schedules of an orchestrator that has its own, such as CronJobs of Kubernetes."""

import sys
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from medimage.errors import ConfigurationError, MedimageError
from medimage.exit_codes import PASSED
from medimage.scheduling.keeper import utc_now
from medimage.scheduling.occurrences import next_occurrence
from medimage.scheduling.time_zones import find_time_zone, told_time
from pipelines.schedule_arguments import ScheduleArguments

_asked: ContextVar[ScheduleArguments | None] = ContextVar("asked", default=None)
"""What the pipeline that is started now is to be scheduled for."""


class HandedToSchedulerError(MedimageError):
    """A pipeline was handed to a scheduler, so that there is no run to tell of."""


def run_options(name: str) -> dict[str, Any]:
    """Returns what a pipeline is started with: a name for its one run, or the schedule of its many.

    Args:
        name: Name of the run. The runs of a schedule get names of their own from ZenML.
    """
    asked = _asked.get()
    if asked is None:
        return {"run_name": name}
    # Imported here because commands that need no ZenML import this module as well.
    from zenml.config.schedule import Schedule  # noqa: PLC0415

    return {"schedule": Schedule(name=asked.name, cron_expression=str(asked.cron))}


def schedule_on_cluster(main: Callable[[], int], asked: ScheduleArguments, *, module: str) -> int:
    """Lets the active stack's orchestrator run a pipeline at the stated times.

    Args:
        main: The command; it reads `sys.argv`.
        asked: What was asked for.
        module: The command, such as `pipelines.monitor_pipeline`.

    Returns:
        The exit code.

    Raises:
        ConfigurationError: If the name is taken, or an argument makes no sense on a cluster.
        MedimageError: If the cluster cannot be reached, or does not take the schedule.
    """
    refuse_for_cluster(asked, module=module)
    from pipelines.cluster_schedules import ClusterSchedules  # noqa: PLC0415
    from pipelines.zenml_database import open_zenml  # noqa: PLC0415

    open_zenml()
    schedules = ClusterSchedules()
    schedules.require_reachable()
    replaced = schedules.make_room(asked.name, replace=asked.replace)
    sys.argv[1:] = asked.words
    token = _asked.set(asked)
    try:
        main()
    except HandedToSchedulerError:
        schedules.set_up(asked)
    except BaseException:
        # ZenML notes a schedule before it asks the cluster.
        schedules.forget(asked.name)
        if replaced is not None:
            sys.stderr.write(
                f"The schedule {asked.name} that was there before, at '{replaced}', is gone: make it again.\n"
            )
        raise
    else:
        raise MedimageError("The orchestrator ran the pipeline now, in place of making a schedule of it.")
    finally:
        _asked.reset(token)
    zone = find_time_zone(asked.zone)
    following = next_occurrence(asked.cron, zone, after=utc_now())
    sys.stdout.write(
        f"Schedule {asked.name}: the cluster runs it at '{asked.cron}' in {asked.zone}; next run: "
        f"{told_time(following, zone)}. Kubernetes leaves a time out that the clock jumps over in spring. What the "
        "command looked up, such as the model's version, stays as it is now: --replace brings it up to date.\n"
    )
    return PASSED


def refuse_for_cluster(asked: ScheduleArguments, *, module: str) -> None:
    """Does nothing where a cluster can do what was asked for.

    Args:
        asked: What was asked for.
        module: The command.

    Raises:
        ConfigurationError: If it cannot.
    """
    if module.endswith(".retrain_pipeline"):
        raise ConfigurationError(
            "A schedule of the cluster keeps the champion and the decisions of now, and would train the same version "
            "again each time. Let a machine decide that starts the steps in the cluster: --install systemd or crontab."
        )
    unwritten = "nothing of this machine waits for the run, so nobody would write it"
    reasons = {
        "--summary": unwritten,
        "--report": unwritten,
        "--evidently": unwritten,
        "--output": unwritten,
        "--last-days": "the cluster keeps the window that these days mean now; give --last-rows, or neither",
    }
    given = {word.partition("=")[0] for word in asked.words}
    problems = [f"{option}: {reason}" for option, reason in reasons.items() if option in given]
    day, weekday = asked.cron.day.text, asked.cron.weekday.text
    if "*" not in (day, weekday) and not asked.cron.either_day:
        # robfig/cron 3, which Kubernetes reads times with, takes */2 for a list: https://github.com/robfig/cron/issues/358
        problems.append(
            f"--schedule: Kubernetes would run it on each day that fits {day} or {weekday}, where cron asks for both; "
            "give one of them, or let a machine start it with --install systemd or crontab"
        )
    if problems:
        raise ConfigurationError("\n".join(problems))
