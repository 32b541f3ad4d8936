"""Keeping a schedule in the foreground, with APScheduler as what waits and starts."""

import datetime
import logging
import threading
from collections.abc import Callable

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, JobExecutionEvent, JobSubmissionEvent
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from medimage.scheduling.child_command import ChildCommand
from medimage.scheduling.keeper import Keeper

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_LOOKS = 5.0
"""How soon it is noticed that the machine slept, the clock was set, or the schedule was deleted."""

_JOB = "run"


class OccurrenceTrigger(BaseTrigger):
    """Tells APScheduler what is due next.

    APScheduler's own trigger for cron lines (3.11) is not used: its days of the week begin with Monday as 0, two days
    that are given must both fit, and times that a clock shows twice come twice.

    Args:
        keeper: Knows what is due.
    """

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper

    # APScheduler has no types, and the method that is overridden returns nothing.
    def get_next_fire_time(  # pyright: ignore[reportIncompatibleMethodOverride]
        self,
        previous_fire_time: datetime.datetime | None,
        now: datetime.datetime,  # noqa: ARG002 - APScheduler passes it
    ) -> datetime.datetime:
        """Returns the time after the previous one; at first, the first one that was not dealt with."""
        return self._keeper.next_due(after=previous_fire_time)


def keep_in_foreground(
    keeper: Keeper,
    command: ChildCommand,
    *,
    is_wanted: Callable[[], bool],
    seconds_between_looks: float = SECONDS_BETWEEN_LOOKS,
) -> None:
    """Runs what is due until it is no longer wanted, or the process is interrupted; then ends the run under way.

    Args:
        keeper: Runs what is due.
        command: What it runs, to be ended.
        is_wanted: Whether to go on.
        seconds_between_looks: How often the clock is looked at.
    """
    # It says in its own words what the keeper says as well.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    scheduler = BackgroundScheduler(timezone=datetime.UTC, daemon=True)
    scheduler.add_job(
        keeper.look, OccurrenceTrigger(keeper), id=_JOB, max_instances=1, coalesce=True, misfire_grace_time=None
    )
    ended = threading.Event()

    def on_overlap(_: JobSubmissionEvent) -> None:
        keeper.skip_due()

    def on_error(event: JobExecutionEvent) -> None:
        logger.error("The schedule goes on, but this run could not be dealt with: %s", event.exception)

    scheduler.add_listener(on_overlap, EVENT_JOB_MAX_INSTANCES)
    scheduler.add_listener(on_error, EVENT_JOB_ERROR)
    scheduler.start()
    try:
        # APScheduler waits by a clock that stands still while a machine sleeps, and never looks whether the other one
        # was set back: it is woken.
        while is_wanted():
            if keeper.clock_was_set_back():
                scheduler.modify_job(_JOB, next_run_time=keeper.next_due())
            scheduler.wakeup()
            ended.wait(seconds_between_looks)
    except KeyboardInterrupt:
        pass
    finally:
        command.end()
        scheduler.shutdown(wait=True)
