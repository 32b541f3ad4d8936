"""What is said, kept and told of a schedule's runs: a line on the terminal, one in the history, and alerts."""

import datetime
import itertools
from collections.abc import Callable, Sequence

from medimage.errors import StorageError
from medimage.printable import printable
from medimage.scheduling.alerts.alert import Alert
from medimage.scheduling.alerts.severity import Severity, meaning_of
from medimage.scheduling.run_history import Event, HistoryLine, append_history, last_unended, read_history
from medimage.scheduling.schedule import Schedule
from medimage.scheduling.stored_schedules import folder_of, is_current
from medimage.scheduling.time_zones import told_time
from medimage.wording import counted

_MINUTE = datetime.timedelta(minutes=1)
_ON = "The next run comes as planned."


class RunRecord:
    """Says, keeps and tells what becomes of a schedule's runs.

    Args:
        schedule: The schedule.
        alert: Tells a person.
        say: Prints a line.
        clock: Gives the time.
    """

    def __init__(
        self,
        schedule: Schedule,
        *,
        alert: Callable[[Alert], None],
        say: Callable[[str], None],
        clock: Callable[[], datetime.datetime],
    ) -> None:
        self._schedule = schedule
        self._alert = alert
        self._say = say
        self._clock = clock
        self._history = folder_of(schedule.name).history

    def clock_set_back(self, now: datetime.datetime) -> None:
        """Says that the clock was wrong before."""
        self._say(f"The clock was set back to {self._told(now)}: the schedule follows it.")

    def paused(self, due: Sequence[datetime.datetime]) -> None:
        """Keeps that nothing was run, because the schedule is paused."""
        self._note(Event.PAUSED, due)
        self._say(f"{self._told(due[-1])}: paused, and not run.")

    def started(self, scheduled: datetime.datetime) -> None:
        """Keeps that a run begins."""
        self._note(Event.STARTED, (scheduled,))
        self._say(f"{self._told(scheduled)}: {self._schedule.command_text()}")

    def cut_off(self) -> None:
        """Tells that no end of the last run is kept, where that is so; to be asked while no run is under way."""
        cut_off = last_unended(read_history(self._history))
        if cut_off is None:
            return
        self._say(f"{self._told(cut_off.scheduled)}: no end of this run is kept.")
        advice = f"What had started it was killed, as when a machine is turned off, and it may be with it. {_ON}"
        title = f"{self._schedule.name} was cut off, or ended unseen"
        self._tell(Severity.ERROR, title, cut_off.scheduled, advice)

    def not_started(self, scheduled: datetime.datetime, error: OSError | StorageError, *, exit_code: int) -> None:
        """Keeps and tells why a run could not begin.

        Args:
            scheduled: When it was due.
            error: Why.
            exit_code: What stands in the history for it.
        """
        told = f"{error.strerror}: {error.filename}" if isinstance(error, OSError) else str(error)
        reason = printable(told.rstrip("."))
        self._note(Event.ENDED, (scheduled,), exit_code=exit_code)
        self._say(f"{self._told(scheduled)}: the command cannot be started: {reason}.")
        title = f"{self._schedule.name} could not be started"
        self._tell(Severity.ERROR, title, scheduled, f"{reason}. {_ON}", exit_code=exit_code)

    def ended(self, scheduled: datetime.datetime, exit_code: int, *, is_ending: bool) -> None:
        """Keeps what a run ended with, and tells it where it matters.

        Args:
            scheduled: When it was due.
            exit_code: What it ended with.
            is_ending: Whether it was ended with the schedule: who did that knows, and is not told.
        """
        self._note(Event.ENDED, (scheduled,), exit_code=exit_code)
        meaning = meaning_of(self._schedule.module, exit_code)
        self._say(f"{self._told(scheduled)}: {meaning.text} (exit code {exit_code}).")
        if meaning.severity is Severity.NOTHING or is_ending:
            return
        advice = f"What it printed says why. {_ON}" if meaning.severity is Severity.ERROR else _ON
        self._tell(meaning.severity, f"{self._schedule.name} {meaning.text}", scheduled, advice, exit_code=exit_code)

    def missed(self, missed: Sequence[datetime.datetime], *, is_made_up: bool) -> None:
        """Keeps which times were missed, and tells it where no run stands for them.

        Args:
            missed: The times.
            is_made_up: Whether a run begins now that stands for them.
        """
        self._note(Event.MISSED, missed)
        many, last = counted(len(missed), "run"), self._told(missed[-1])
        if is_made_up:
            self._say(f"{many} missed before, the last one {last}.")
            return
        late = f"{self._schedule.grace / _MINUTE:g} min"
        self._say(f"{many} missed, the last one {last}: more than {late} ago.")
        advice = f"Nothing was there to run it, and more than {late} have passed (--grace-minutes). {_ON}"
        self._tell(Severity.WARNING, f"{self._schedule.name} missed {many}", missed[-1], advice)

    def overlapped(self, due: Sequence[datetime.datetime]) -> None:
        """Keeps that times came while a run was under way, and tells it the first time in that run."""
        since_start = itertools.takewhile(
            lambda line: line.event is not Event.STARTED, reversed(read_history(self._history))
        )
        # A run of ten hours must not send a message every minute.
        was_told = any(line.event is Event.OVERLAPPED for line in since_start)
        self._note(Event.OVERLAPPED, due)
        self._say(f"{self._told(due[-1])}: skipped, because a run is still under way.")
        if not was_told:
            title = f"{self._schedule.name} skipped {counted(len(due), 'run')}, because one is still under way"
            advice = f"Run it less often, or find out why it takes so long. {_ON}"
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
        if not self._is_wanted():
            return
        line = HistoryLine(
            event=event,
            scheduled=due[-1].astimezone(self._schedule.time_zone),
            time=self._clock(),
            times=len(due),
            exit_code=exit_code,
        )
        try:
            append_history(self._history, line, is_wanted=self._is_wanted)
        except (OSError, StorageError) as error:
            # A full disk must not keep the run, which may need no room, from its turn.
            reason = error.strerror if isinstance(error, OSError) else str(error).rstrip(".")
            self._say(f"The history in {self._history} cannot be written: {reason}.")

    def _is_wanted(self) -> bool:
        """Returns whether there is a history to keep: deleting a schedule while its run goes on removes it."""
        return is_current(self._schedule)

    def _told(self, moment: datetime.datetime) -> str:
        return told_time(moment, self._schedule.time_zone)
