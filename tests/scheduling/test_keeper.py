"""What is run, what is skipped, what is told, by a clock that is set by hand."""

import dataclasses
import datetime
import os

from medimage.file_lock import lock_if_free
from medimage.scheduling.alerts.severity import Severity
from medimage.scheduling.run_history import Event, read_history
from medimage.scheduling.stored_schedules import folder_of, forget_schedule, write_schedule
from tests.support.schedules import Kept, make_schedule


def events() -> list[Event]:
    return [line.event for line in read_history(folder_of("monitor").history)]


def test_nothing_runs_before_it_is_due_and_each_time_runs_once() -> None:
    kept = Kept(make_schedule())
    assert kept.at("2026-11-23T02:59:59") is None
    assert kept.at("2026-11-23T03:00:00") == 0
    assert kept.at("2026-11-23T03:00:01") is None
    assert kept.command.runs == 1
    assert events() == [Event.STARTED, Event.ENDED]


def test_what_became_of_a_run_is_kept() -> None:
    kept = Kept(make_schedule(), 3)
    kept.at("2026-11-23T03:00:02")
    started, ended = read_history(folder_of("monitor").history)
    assert started.scheduled == ended.scheduled == datetime.datetime(2026, 11, 23, 2, 0, tzinfo=datetime.UTC)
    assert (ended.exit_code, ended.time) == (3, kept.now)


def test_a_failing_run_is_told_and_does_not_stop_the_next() -> None:
    kept = Kept(make_schedule(), 1, -9, 0)
    for day in (23, 24, 25):
        kept.at(f"2026-11-{day}T03:00")
    assert kept.command.runs == 3
    assert [alert.severity for alert in kept.alerts] == [Severity.ERROR, Severity.ERROR]
    assert "ended with an error" in kept.alerts[0].title
    assert "SIGKILL" in kept.alerts[1].title
    assert kept.alerts[0].scheduled.isoformat() == "2026-11-23T03:00:00+01:00"


def test_a_change_that_monitoring_found_is_told_as_a_warning() -> None:
    kept = Kept(make_schedule(), 3)
    kept.at("2026-11-23T03:00")
    assert [alert.severity for alert in kept.alerts] == [Severity.WARNING]
    assert kept.alerts[0].exit_code == 3


def test_a_machine_that_slept_makes_up_for_the_last_run_within_the_grace_time() -> None:
    kept = Kept(make_schedule(cron="0 * * * *"))
    assert kept.at("2026-11-22T18:30") == 0
    assert kept.command.runs == 1
    missed = read_history(folder_of("monitor").history)[0]
    assert (missed.event, missed.times) == (Event.MISSED, 4)
    assert any("4 runs missed before" in line for line in kept.said)


def test_what_was_missed_too_long_ago_is_told_and_not_run() -> None:
    kept = Kept(make_schedule())
    assert kept.at("2026-11-25T09:00") is None
    assert kept.command.runs == 0
    assert "missed 3 runs" in kept.alerts[0].title
    assert kept.at("2026-11-26T03:00") == 0


def test_a_process_that_is_started_late_makes_up_for_what_came_meanwhile_and_repeats_nothing() -> None:
    kept = Kept(make_schedule())
    kept.at("2026-11-23T03:00")
    kept.keeper = kept.anew()
    assert kept.at("2026-11-23T03:10") is None
    kept.keeper = kept.anew()
    assert kept.at("2026-11-24T03:40") == 0
    assert kept.command.runs == 2


def test_a_time_that_comes_while_a_run_is_under_way_is_skipped_and_told() -> None:
    kept = Kept(make_schedule(cron="0 * * * *"))

    def an_hour_passes() -> None:
        kept.now += datetime.timedelta(minutes=61)
        kept.keeper.skip_due()

    kept.command.meanwhile = an_hour_passes
    kept.at("2026-11-22T14:00")
    assert "skipped 1 run, because one is still under way" in kept.alerts[0].title
    assert events() == [Event.STARTED, Event.OVERLAPPED, Event.ENDED]
    assert kept.keeper.look() is None


def test_a_long_run_is_told_once_and_not_for_every_time_that_comes_meanwhile() -> None:
    kept = Kept(make_schedule(cron="0 * * * *"))

    def hours_pass() -> None:
        for _ in range(5):
            kept.now += datetime.timedelta(hours=1)
            kept.keeper.skip_due()

    kept.command.meanwhile = hours_pass
    kept.at("2026-11-22T14:00")
    assert len(kept.alerts) == 1
    assert events().count(Event.OVERLAPPED) == 5
    kept.at("2026-11-22T20:00")
    assert len(kept.alerts) == 2


def test_a_run_of_a_process_that_was_killed_keeps_the_next_from_starting() -> None:
    kept = Kept(make_schedule())
    with lock_if_free(folder_of("monitor").run_lock) as is_ours:
        assert is_ours
        assert kept.at("2026-11-23T03:00") is None
    assert events() == [Event.OVERLAPPED]
    assert kept.at("2026-11-24T03:00") == 0


def test_a_paused_schedule_runs_nothing_until_it_is_resumed() -> None:
    kept = Kept(make_schedule())
    write_schedule(dataclasses.replace(kept.schedule, paused=True))
    assert kept.at("2026-11-23T03:00") is None
    write_schedule(kept.schedule)
    assert kept.at("2026-11-24T03:00") == 0
    assert events() == [Event.PAUSED, Event.STARTED, Event.ENDED]
    assert kept.alerts == []


def test_a_schedule_that_was_deleted_runs_nothing() -> None:
    kept = Kept(make_schedule())
    forget_schedule("monitor")
    assert kept.at("2026-11-23T03:00") is None
    assert not folder_of("monitor").path.exists()


def test_a_clock_that_is_set_back_a_little_repeats_no_run() -> None:
    kept = Kept(make_schedule())
    kept.at("2026-11-23T03:00:30")
    kept.now -= datetime.timedelta(hours=2)
    assert not kept.keeper.clock_was_set_back()
    assert kept.at("2026-11-23T03:00:40") is None


def test_a_clock_that_was_wrong_and_is_set_right_is_followed() -> None:
    kept = Kept(make_schedule())
    kept.at("2031-11-23T03:00")
    kept.now = datetime.datetime(2026, 11, 23, 12, 0, tzinfo=datetime.UTC)
    assert kept.keeper.clock_was_set_back()
    assert kept.keeper.next_due().isoformat() == "2026-11-24T03:00:00+01:00"
    assert kept.at("2026-11-24T03:00") == 0


def test_a_clock_that_is_set_forward_tells_what_was_jumped_over() -> None:
    kept = Kept(make_schedule())
    kept.at("2027-11-23T12:00")
    assert "missed 366 runs" in kept.alerts[0].title


def test_the_night_in_which_clocks_are_changed_has_one_run() -> None:
    kept = Kept(make_schedule(cron="30 2 * * *", made=datetime.datetime(2026, 10, 24, 12, 0, tzinfo=datetime.UTC)))
    for minutes in range(0, 48 * 60, 5):
        kept.now = kept.schedule.made + datetime.timedelta(minutes=minutes)
        kept.keeper.look()
    assert kept.command.runs == 2


def test_a_command_that_cannot_be_started_is_an_error_and_not_the_end() -> None:
    kept = Kept(make_schedule())

    def gone() -> None:
        raise FileNotFoundError(2, "No such file or directory", "/gone")

    kept.command.meanwhile = gone
    assert kept.at("2026-11-23T03:00") == 1
    assert kept.alerts[0].severity is Severity.ERROR
    assert any("/gone" in line for line in kept.said)


def test_a_history_that_cannot_be_written_is_told_and_the_run_comes_all_the_same() -> None:
    kept = Kept(make_schedule())
    folder_of("monitor").history.mkdir()
    assert kept.at("2026-11-23T03:00") == 0
    assert any("cannot be written" in line for line in kept.said)


def test_who_ends_the_schedule_gets_no_alert_for_the_run_that_ends_with_it() -> None:
    kept = Kept(make_schedule(), 130)

    def end() -> None:
        kept.command.is_ending = True

    kept.command.meanwhile = end
    kept.at("2026-11-23T03:00")
    assert kept.alerts == []


def test_the_history_of_a_torn_line_goes_on() -> None:
    kept = Kept(make_schedule())
    kept.at("2026-11-23T03:00")
    file = folder_of("monitor").history
    os.truncate(file, file.stat().st_size - 5)
    kept.at("2026-11-24T03:00")
    assert events() == [Event.STARTED, Event.STARTED, Event.ENDED]
