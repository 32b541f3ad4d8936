"""The scheduler in the foreground, with real processes; only its times come faster than a cron line can say."""

import datetime
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from medimage.scheduling.child_command import ChildCommand
from medimage.scheduling.foreground import keep_in_foreground
from medimage.scheduling.keeper import Keeper, utc_now
from medimage.scheduling.run_history import Event, HistoryLine, read_history
from medimage.scheduling.stored_schedules import folder_of, write_schedule
from tests.support.schedules import make_schedule


def keep_until(
    is_done: Callable[[tuple[HistoryLine, ...]], bool], code: str, folder: Path, *, seconds: float
) -> tuple[HistoryLine, ...]:
    """Keeps a schedule that is due every so many seconds until its history is as wanted."""
    schedule = make_schedule(made=utc_now(), grace_minutes=1)
    write_schedule(schedule)
    file = folder_of(schedule.name).history
    command = ChildCommand([sys.executable, "-c", code], folder=folder)
    step = datetime.timedelta(seconds=seconds)
    keeper = Keeper(
        schedule, command=command, alert=lambda _: None, say=lambda _: None, next_after=lambda moment: moment + step
    )
    deadline = time.monotonic() + 60
    keep_in_foreground(
        keeper,
        command,
        is_wanted=lambda: not is_done(read_history(file)) and time.monotonic() < deadline,
        seconds_between_looks=0.05,
    )
    lines = read_history(file)
    assert is_done(lines), lines
    return lines


def count(lines: tuple[HistoryLine, ...], event: Event) -> int:
    return sum(line.event is event for line in lines)


def test_a_command_runs_again_and_again_in_processes_of_its_own(tmp_path: Path) -> None:
    code = "import os; open('ran', 'a').write(f'{os.getpid()}\\n'); raise SystemExit(1)"
    lines = keep_until(lambda lines: count(lines, Event.ENDED) >= 3, code, tmp_path, seconds=0.5)
    processes = (tmp_path / "ran").read_text().split()
    assert len(processes) == len(set(processes)) >= 3
    assert str(os.getpid()) not in processes
    assert {line.exit_code for line in lines if line.event is Event.ENDED} == {1}


def test_runs_never_overlap_and_what_is_skipped_is_noted(tmp_path: Path) -> None:
    code = (
        "import time; file = open('ran', 'a'); file.write('begin\\n'); file.flush(); time.sleep(1)\n"
        "file.write('end\\n'); file.close()"
    )
    wanted = lambda lines: count(lines, Event.ENDED) >= 2 and count(lines, Event.OVERLAPPED) >= 1  # noqa: E731
    keep_until(wanted, code, tmp_path, seconds=0.4)
    words = (tmp_path / "ran").read_text().split()
    assert words[:4] == ["begin", "end", "begin", "end"]


def test_the_run_under_way_ends_with_the_schedule(tmp_path: Path) -> None:
    lines = keep_until(
        lambda lines: count(lines, Event.STARTED) >= 1, "import time; time.sleep(60)", tmp_path, seconds=0.2
    )
    assert lines[-1].event is Event.ENDED
    assert lines[-1].exit_code == -15
    assert threading.active_count() < 20
