"""Wrong clocks, disks that are away, keepers that were killed, and no grace at all."""

import datetime
import errno
import fcntl
import os
import threading

import pytest

from medimage.scheduling.alerts.severity import Severity
from medimage.scheduling.run_history import append_history, read_history
from medimage.scheduling.schedule import StartedBy
from medimage.scheduling.stored_schedules import folder_of, forget_schedule, stored_names, write_schedule
from medimage.whole_lines import remove_lines
from tests.support.schedules import Kept, make_schedule


def test_without_any_grace_a_run_that_begins_a_moment_late_is_run_all_the_same() -> None:
    kept = Kept(make_schedule(grace_minutes=0))
    assert kept.at("2026-11-23T03:00:02") == 0
    assert kept.at("2026-11-24T03:02:00") is None
    assert "more than 1 min" in kept.alerts[0].advice


def test_a_history_from_a_wrong_clock_does_not_keep_runs_waiting_that_each_have_a_keeper_of_their_own() -> None:
    kept = Kept(make_schedule())
    kept.at("2031-11-23T03:00")
    for day in (23, 24):
        kept.now = datetime.datetime(2026, 11, day, 2, 0, 3, tzinfo=datetime.UTC)
        kept.keeper = kept.anew()
        assert kept.keeper.look() == 0
        kept.keeper = kept.anew()
        assert kept.keeper.look() is None


def test_a_schedule_that_was_made_under_a_wrong_clock_is_run_when_cron_starts_it() -> None:
    kept = Kept(make_schedule(made=datetime.datetime(2031, 1, 1, tzinfo=datetime.UTC)))
    kept.now = datetime.datetime(2026, 11, 23, 2, 0, 3, tzinfo=datetime.UTC)
    kept.keeper = kept.anew()
    assert kept.keeper.look() == 0
    kept.keeper = kept.anew()
    assert kept.keeper.look() is None


def test_a_schedule_that_cannot_be_read_for_a_moment_goes_on_as_it_was() -> None:
    kept = Kept(make_schedule())
    folder_of("monitor").description.write_text("torn")
    assert kept.at("2026-11-23T03:00") == 0


def test_a_lock_that_cannot_be_made_is_an_error_that_is_told() -> None:
    kept = Kept(make_schedule())
    folder_of("monitor").run_lock.mkdir()
    assert kept.at("2026-11-23T03:00") == 1
    assert [alert.severity for alert in kept.alerts] == [Severity.ERROR]
    assert str(folder_of("monitor").run_lock) in kept.alerts[0].advice
    folder_of("monitor").run_lock.rmdir()
    assert kept.at("2026-11-24T03:00") == 0


def test_a_run_that_was_killed_with_its_keeper_is_told_once_when_the_next_begins() -> None:
    kept = Kept(make_schedule())

    def killed() -> None:
        raise KeyboardInterrupt

    kept.command.meanwhile = killed
    with pytest.raises(KeyboardInterrupt):
        kept.at("2026-11-23T03:00")
    kept.command.meanwhile = lambda: None
    kept.keeper = kept.anew()
    for day in (24, 25):
        assert kept.at(f"2026-11-{day}T03:00") == 0
    (alert,) = kept.alerts
    assert (alert.severity, alert.title) == (Severity.ERROR, "monitor was cut off, or ended unseen")
    assert alert.scheduled.isoformat() == "2026-11-23T03:00:00+01:00"


def test_a_file_system_without_locks_is_an_error_that_is_told_and_no_other_run_that_is_under_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept = Kept(make_schedule())

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    with monkeypatch.context() as without_locks:
        without_locks.setattr(fcntl, "flock", refuse)
        assert kept.at("2026-11-23T03:00") == 1
    assert kept.command.runs == 0
    (alert,) = kept.alerts
    assert (alert.severity, alert.title) == (Severity.ERROR, "monitor could not be started")
    assert "MEDIMAGE_HOME=FOLDER" in alert.advice
    assert not any("under way" in line for line in kept.said)
    assert kept.at("2026-11-24T03:00") == 0


@pytest.mark.parametrize("exit_code", [0, 1])
def test_a_run_that_ends_after_its_schedule_was_deleted_leaves_nothing_behind_and_is_told_where_it_failed(
    exit_code: int,
) -> None:
    kept = Kept(make_schedule(started_by=StartedBy.CRONTAB), exit_code)
    kept.command.meanwhile = lambda: forget_schedule("monitor")
    assert kept.at("2026-11-23T03:00") == exit_code
    assert not folder_of("monitor").history.exists()
    assert stored_names() == ()
    assert len(kept.alerts) == exit_code


def test_a_run_that_ends_after_its_schedule_was_replaced_is_not_in_the_history_of_the_other_one() -> None:
    kept = Kept(make_schedule(started_by=StartedBy.CRONTAB))

    def replace() -> None:
        forget_schedule("monitor")
        write_schedule(make_schedule(cron="0 4 * * *", made=kept.now))

    kept.command.meanwhile = replace
    assert kept.at("2026-11-23T03:00") == 0
    assert read_history(folder_of("monitor").history) == ()


def test_a_schedule_that_is_deleted_just_as_a_line_is_written_keeps_no_history() -> None:
    kept = Kept(make_schedule())
    kept.at("2026-11-23T03:00")
    history = folder_of("monitor").history
    deleting = threading.Thread(target=remove_lines, args=(history,), kwargs={"what": "writes"})

    def is_wanted() -> bool:
        deleting.start()
        deleting.join(timeout=0.5)
        return True

    line = read_history(history)[0]
    append_history(history, line, is_wanted=is_wanted)
    deleting.join(timeout=30)
    assert not history.exists()
