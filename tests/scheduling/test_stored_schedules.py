"""Two schedules of one name, and what is left of others."""

import dataclasses
import os
import threading
from pathlib import Path

import pytest

from medimage.errors import ConfigurationError, StorageError
from medimage.file_lock import lock_if_free
from medimage.scheduling.keep_schedule import put_in_place
from medimage.scheduling.schedule import Schedule, StartedBy
from medimage.scheduling.stored_schedules import (
    find_schedule,
    folder_of,
    forget_schedule,
    one_at_a_time,
    stored_names,
    write_schedule,
)
from medimage.workspace import RESTORING_FILE
from medimage.workspace_use import workspace_alone
from tests.support.schedules import Kept, make_schedule


class Removed:
    """Notes what was taken from systemd or cron."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def __call__(self, schedule: Schedule) -> None:
        self.names.append(schedule.name)


def test_a_second_schedule_of_one_name_is_refused_and_says_which_there_is() -> None:
    write_schedule(make_schedule(started_by=StartedBy.SYSTEMD))
    with pytest.raises(ConfigurationError) as refused:
        put_in_place(make_schedule(cron="0 4 * * *"), replace=False, remove=Removed())
    told = str(refused.value)
    for part in (
        "there is a schedule monitor already",
        "systemd",
        "'0 3 * * *' Europe/Berlin",
        "--replace",
        "--schedule-name",
    ):
        assert part in told
    assert str(find_schedule("monitor").cron) == "0 3 * * *"


def test_another_name_is_another_schedule() -> None:
    write_schedule(make_schedule(started_by=StartedBy.SYSTEMD))
    put_in_place(make_schedule(name="monitor-at-noon", cron="0 12 * * *"), replace=False, remove=Removed())
    assert stored_names() == ("monitor", "monitor-at-noon")


def test_one_that_is_replaced_goes_with_its_history() -> None:
    kept = Kept(make_schedule(started_by=StartedBy.CRONTAB))
    kept.at("2026-11-23T03:00")
    removed = Removed()
    put_in_place(make_schedule(cron="0 4 * * *", started_by=StartedBy.SYSTEMD), replace=True, remove=removed)
    assert removed.names == ["monitor"]
    assert not folder_of("monitor").history.exists()


def test_one_that_a_process_keeps_is_not_replaced() -> None:
    write_schedule(make_schedule())
    with (
        lock_if_free(folder_of("monitor").keeper_lock),
        pytest.raises(ConfigurationError, match="End its process first"),
    ):
        put_in_place(make_schedule(cron="0 4 * * *"), replace=True, remove=Removed())


def test_the_same_schedule_goes_on_where_its_process_had_ended() -> None:
    before = make_schedule(paused=True)
    write_schedule(before)
    now = dataclasses.replace(before, made=before.made.replace(day=28), paused=False, grace_minutes=5)
    kept = put_in_place(now, replace=False, remove=Removed())
    assert (kept.made, kept.paused, kept.grace_minutes) == (before.made, True, 5)


def test_other_work_takes_the_name_of_one_whose_process_has_ended_only_where_that_is_asked_for() -> None:
    kept = Kept(make_schedule())
    kept.at("2026-11-23T03:00")
    other = make_schedule(cron="0 4 * * *")
    with pytest.raises(ConfigurationError, match="Give --replace"):
        put_in_place(other, replace=False, remove=Removed())
    assert folder_of("monitor").history.exists()
    put_in_place(other, replace=True, remove=Removed())
    assert str(find_schedule("monitor").cron) == "0 4 * * *"


def test_a_damaged_schedule_says_how_to_forget_it() -> None:
    write_schedule(make_schedule())
    folder_of("monitor").description.write_text("{")
    with pytest.raises(StorageError, match=r"Remove .*monitor to forget it"):
        find_schedule("monitor")


@pytest.mark.parametrize("name", ["monitr", "../monitor", "Monitor"])
def test_a_name_that_nothing_has_is_told_with_the_nearest(name: str) -> None:
    write_schedule(make_schedule())
    with pytest.raises(ConfigurationError, match="monitor"):
        find_schedule(name)


def test_what_is_forgotten_is_gone() -> None:
    write_schedule(make_schedule())
    forget_schedule("monitor")
    assert stored_names() == ()
    forget_schedule("monitor")


def test_only_its_owner_may_read_what_a_command_holds_also_where_others_could_before() -> None:
    mask = os.umask(0o022)
    try:
        write_schedule(make_schedule(words=("--log", "https://hooks/secret")))
        file = folder_of("monitor").description
        assert file.stat().st_mode & 0o777 == 0o600
        file.chmod(0o644)
        write_schedule(make_schedule(paused=True))
    finally:
        os.umask(mask)
    assert file.stat().st_mode & 0o777 == 0o600
    assert find_schedule("monitor").paused


def test_while_the_workspace_is_restored_none_is_made() -> None:
    made = threading.Event()

    def make() -> None:
        with one_at_a_time():
            made.set()

    making = threading.Thread(target=make)
    with workspace_alone("restored"):
        making.start()
        assert not made.wait(0.5)
    making.join(timeout=30)
    assert made.is_set()


def test_in_a_workspace_that_was_restored_in_parts_only_none_is_made(workspace_of_its_own: Path) -> None:
    workspace_of_its_own.mkdir()
    (workspace_of_its_own / RESTORING_FILE).touch()
    with pytest.raises(StorageError, match="medimage restore FILE --force again"), one_at_a_time():
        pass
    assert not (workspace_of_its_own / "schedules").exists()


def test_one_that_is_replaced_while_its_run_goes_on_does_not_run_beside_it() -> None:
    kept = Kept(make_schedule(started_by=StartedBy.CRONTAB))
    with lock_if_free(folder_of("monitor").run_lock):
        put_in_place(make_schedule(cron="0 4 * * *", started_by=StartedBy.CRONTAB), replace=True, remove=Removed())
        kept.schedule = find_schedule("monitor")
        kept.keeper = kept.anew()
        assert kept.at("2026-11-23T04:00") is None
    assert kept.command.runs == 0
    assert kept.at("2026-11-24T04:00") == 0
