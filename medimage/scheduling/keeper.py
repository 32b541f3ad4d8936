"""Who runs what is due: one run at a time, each told, and none that keeps the next from its turn."""

import datetime
import itertools
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from medimage.file_lock import lock_to_hand_on
from medimage.printable import printable
from medimage.scheduling.alerts.alert import Alert
from medimage.scheduling.alerts.severity import Severity, meaning_of
from medimage.scheduling.run_history import Event, HistoryLine, append_history, last_dealt_with, read_history
from medimage.scheduling.schedule import Schedule
from medimage.scheduling.stored_schedules import folder_of, read_schedule
from medimage.scheduling.time_zones import told_time
from medimage.scheduling.turn import take_turn
from medimage.wording import counted

_SET_BACK = datetime.timedelta(hours=3)
"""A clock that is set back by less repeats no run; by more, it was wrong before (as cron(8) of Debian has it)."""

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
        self._alert = alert
        self._say = say
        self._clock = clock
        self._next_after = next_after or schedule.next_after
        self._folder = folder_of(schedule.name)
        self._lock = threading.Lock()
        dealt_with = max(schedule.made, last_dealt_with(read_history(self._folder.history)) or schedule.made)
        now = clock()
        # What a clock that was wrong left in the history must not keep everything waiting for years.
        self._dealt_with = now if dealt_with - now > _SET_BACK else dealt_with
        self._latest_look = now

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
            self._say(f"The clock was set back to {told_time(now, self._schedule.time_zone)}: the schedule follows it.")
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
            self._note(Event.PAUSED, due)
            self._say(f"{self._told(due[-1])}: paused, and not run.")
            return None
        turn = take_turn(due, now=now, grace=self._schedule.grace)
        if turn.missed:
            self._tell_missed(turn.missed, is_made_up=turn.run is not None)
        return None if turn.run is None else self._run(turn.run)

    def skip_due(self) -> None:
        """Tells that times have come at which the command was still running, and does not run it for them."""
        due, _ = self._take_due()
        if due:
            self._tell_overlap(due)

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
        stored = read_schedule(self._schedule.name)
        return None if stored is None else stored.paused

    def _run(self, scheduled: datetime.datetime) -> int | None:
        with lock_to_hand_on(self._folder.run_lock) as lock:
            if lock is None:
                self._tell_overlap((scheduled,))
                return None
            self._note(Event.STARTED, (scheduled,))
            self._say(f"{self._told(scheduled)}: {self._schedule.command_text()}")
            try:
                exit_code = self._command.run(lock)
            except OSError as error:
                reason = printable(f"{error.strerror}: {error.filename}")
                self._say(f"The command cannot be started: {reason}.")
                exit_code = _COULD_NOT_START
        self._note(Event.ENDED, (scheduled,), exit_code=exit_code)
        meaning = meaning_of(self._schedule.module, exit_code)
        self._say(f"{self._told(scheduled)}: {meaning.text} (exit code {exit_code}).")
        # Who ends the schedule ends its run with it, and knows.
        if meaning.severity is not Severity.NOTHING and not self._command.is_ending:
            advice = "The next run comes as planned."
            if meaning.severity is Severity.ERROR:
                advice = "What it printed says why. The next run comes as planned."
            self._tell(
                meaning.severity, f"{self._schedule.name} {meaning.text}", scheduled, advice, exit_code=exit_code
            )
        return exit_code

    def _tell_missed(self, missed: Sequence[datetime.datetime], *, is_made_up: bool) -> None:
        self._note(Event.MISSED, missed)
        many = counted(len(missed), "run")
        if is_made_up:
            self._say(f"{many} missed before, the last one {self._told(missed[-1])}.")
            return
        title = f"{self._schedule.name} missed {many}"
        self._say(
            f"{many} missed, the last one {self._told(missed[-1])}: more than {self._schedule.grace_minutes:g} min ago."
        )
        advice = (
            f"Nothing was there to run it, and more than {self._schedule.grace_minutes:g} minutes have passed "
            "(--grace-minutes). The next run comes as planned."
        )
        self._tell(Severity.WARNING, title, missed[-1], advice)

    def _tell_overlap(self, due: Sequence[datetime.datetime]) -> None:
        since_start = itertools.takewhile(
            lambda line: line.event is not Event.STARTED, reversed(read_history(self._folder.history))
        )
        was_told = any(line.event is Event.OVERLAPPED for line in since_start)
        self._note(Event.OVERLAPPED, due)
        self._say(f"{self._told(due[-1])}: skipped, because a run is still under way.")
        if was_told:
            # A run of ten hours must not send a message every minute.
            return
        title = f"{self._schedule.name} skipped {counted(len(due), 'run')}, because one is still under way"
        advice = "Run it less often, or find out why it takes so long. The next run comes as planned."
        self._tell(Severity.WARNING, title, due[-1], advice)

    def _tell(
        self, severity: Severity, title: str, scheduled: datetime.datetime, advice: str, *, exit_code: int | None = None
    ) -> None:
        zone = self._schedule.time_zone
        self._alert(
            Alert(
                severity=severity,
                schedule=self._schedule.name,
                title=title,
                command=self._schedule.command_text(),
                scheduled=scheduled.astimezone(zone),
                time=self._clock().astimezone(zone),
                exit_code=exit_code,
                advice=advice,
            )
        )

    def _note(self, event: Event, due: Sequence[datetime.datetime], *, exit_code: int | None = None) -> None:
        line = HistoryLine(
            event=event,
            scheduled=due[-1].astimezone(self._schedule.time_zone),
            time=self._clock(),
            times=len(due),
            exit_code=exit_code,
        )
        try:
            append_history(self._folder.history, line)
        except OSError as error:
            # A full disk must not keep the run, which may need no room, from its turn.
            self._say(f"The history in {self._folder.history} cannot be written: {error.strerror}.")

    def _told(self, moment: datetime.datetime) -> str:
        return told_time(moment, self._schedule.time_zone)
