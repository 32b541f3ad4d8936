"""Wrong clocks, disks that are away, keepers that were killed, and no grace at all."""

import datetime

import pytest

from medimage.scheduling.alerts.severity import Severity
from medimage.scheduling.stored_schedules import folder_of
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
