"""Who runs what is due: one run at a time, each told, and none that keeps the next from its turn."""

import datetime
import logging
import threading
from collections.abc import Callable
from typing import Protocol

from medimage.errors import StorageError
from medimage.file_lock import lock_to_hand_on
from medimage.scheduling.alerts.alert import Alert
from medimage.scheduling.run_history import last_dealt_with, read_history
from medimage.scheduling.run_record import RunRecord
from medimage.scheduling.schedule import Schedule
from medimage.scheduling.stored_schedules import folder_of, read_schedule
from medimage.scheduling.turn import take_turn

logger = logging.getLogger(__name__)

_SET_BACK = datetime.timedelta(hours=3)
"""A clock that is set back by less repeats no run; by more, it was wrong before (as cron(8) of Debian has it)."""

_LATE_START = datetime.timedelta(minutes=1)
"""How much later than the clock says systemd and cron may have a run started."""

_COULD_NOT_START = 1


class Command(Protocol):
    """What a schedule runs."""

    @property
    def is_ending(self) -> bool:
        """Whether it was asked to end."""
        ...

    def run(self, lock: int) -> int:
        """Runs to its end, with an open file as its lock, and returns the exit code."""
        ...


def utc_now() -> datetime.datetime:
    """Returns the time."""
    return datetime.datetime.now(tz=datetime.UTC)


class Keeper:
    """Runs a schedule's command when it is due.

    Args:
        schedule: What is run, and when.
        command: Runs it.
        alert: Tells a person.
        say: Prints a line.
        clock: Gives the time.
        next_after: Gives the time after another at which it is due; the schedule's own when not given.
    """

    def __init__(
        self,
        schedule: Schedule,
        *,
        command: Command,
        alert: Callable[[Alert], None],
        say: Callable[[str], None],
        clock: Callable[[], datetime.datetime] = utc_now,
        next_after: Callable[[datetime.datetime], datetime.datetime] | None = None,
    ) -> None:
        self._schedule = schedule
        self._command = command
        self._record = RunRecord(schedule, alert=alert, say=say, clock=clock)
        self._clock = clock
        self._next_after = next_after or schedule.next_after
        self._folder = folder_of(schedule.name)
        self._lock = threading.Lock()
        now = clock()
        # What a clock that was wrong left in the history must not keep everything waiting for years: also not where
        # each run has a keeper of its own, to which nothing after this moment is ever due.
        known = [line for line in read_history(self._folder.history) if line.scheduled - now <= _SET_BACK]
        made = schedule.made if schedule.made - now <= _SET_BACK else now - _LATE_START
        self._dealt_with = max(made, last_dealt_with(known) or made)
        self._latest_look = now
        self._was_paused = schedule.paused

    def next_due(self, *, after: datetime.datetime | None = None) -> datetime.datetime:
        """Returns the first time that was not dealt with, which may be over.

        Args:
            after: The moment after which it is; that up to which all was dealt with when not given.
        """
        with self._lock:
            return self._next_after(self._dealt_with if after is None else after)

    def clock_was_set_back(self) -> bool:
        """Returns whether the clock now shows a time long before the latest one, and begins anew from it if so."""
        with self._lock:
            now = self._clock()
            if now >= self._latest_look - _SET_BACK:
                self._latest_look = max(now, self._latest_look)
                return False
            self._record.clock_set_back(now)
            self._dealt_with = self._latest_look = now
            return True

    def look(self) -> int | None:
        """Runs the command where it is due.

        Returns:
            Its exit code; None where nothing was run.
        """
        due, now = self._take_due()
        if not due:
            return None
        paused = self._paused()
        if paused is None:
            return None
        if paused:
            self._record.paused(due)
            return None
        turn = take_turn(due, now=now, grace=self._schedule.grace)
        if turn.missed:
            self._record.missed(turn.missed, is_made_up=turn.run is not None)
        return None if turn.run is None else self._run(turn.run)

    def skip_due(self) -> None:
        """Tells that times have come at which the command was still running, and does not run it for them."""
        due, _ = self._take_due()
        if due:
            self._record.overlapped(due)

    def _take_due(self) -> tuple[tuple[datetime.datetime, ...], datetime.datetime]:
        with self._lock:
            now = self._clock()
            self._latest_look = max(now, self._latest_look)
            due = []
            moment = self._next_after(self._dealt_with)
            while moment <= now:
                due.append(moment)
                moment = self._next_after(moment)
            if due:
                self._dealt_with = due[-1]
            return tuple(due), now

    def _paused(self) -> bool | None:
        """Returns whether the schedule is paused; None where it was deleted."""
        try:
            stored = read_schedule(self._schedule.name)
        except StorageError as error:
            # A disk that is away for a moment neither pauses a schedule nor lets one go on.
            logger.warning("%s", error)
            return self._was_paused
        if stored is None:
            return None
        self._was_paused = stored.paused
        return stored.paused

    def _run(self, scheduled: datetime.datetime) -> int | None:
        try:
            with lock_to_hand_on(self._folder.run_lock) as lock:
                if lock is None:
                    self._record.overlapped((scheduled,))
                    return None
                # Before this run, whose lock says that the one before it is over.
                self._record.cut_off()
                self._record.started(scheduled)
                exit_code = self._command.run(lock)
        except (OSError, StorageError) as error:
            self._record.not_started(scheduled, error, exit_code=_COULD_NOT_START)
            return _COULD_NOT_START
        self._record.ended(scheduled, exit_code, is_ending=self._command.is_ending)
        return exit_code
