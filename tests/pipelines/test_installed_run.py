"""Runs that systemd or cron starts and that cannot begin: nobody looks on, so somebody is told."""

import datetime
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from medimage.scheduling.crontab_line import crontab_block
from medimage.scheduling.kept_alerts import alerts_file, forget_alerts, keep_alerts
from medimage.scheduling.kept_environment import keep_environment
from medimage.scheduling.schedule import Schedule, StartedBy
from medimage.scheduling.stored_schedules import ScheduleFolder, folder_of, write_schedule
from medimage.workspace import RESTORING_FILE
from tests.conftest import PROJECT
from tests.support.commands import environment
from tests.support.schedules import make_schedule
from tests.support.web_receiver import Received, web_receiver


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace of an account of its own."""
    monkeypatch.setenv("HOME", str(tmp_path / "account"))
    monkeypatch.setenv("MEDIMAGE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def received(home: Path) -> Iterator[Received]:
    """What is sent to whom a schedule of that workspace tells; it is due every minute."""
    with web_receiver() as receiver:
        made = datetime.datetime.now(tz=datetime.UTC) - datetime.timedelta(minutes=5)
        write_schedule(
            make_schedule(
                cron="* * * * *",
                zone="UTC",
                made=made,
                words=("--log", "a log that is gone"),
                folder=str(PROJECT),
                started_by=StartedBy.CRONTAB,
            )
        )
        settings = {"MEDIMAGE_HOME": str(home), "MEDIMAGE_ALERT_WEBHOOK": receiver.address}
        keep_environment(folder_of("monitor").environment, settings)
        keep_alerts("monitor", settings)
        yield receiver


def kept() -> ScheduleFolder:
    return folder_of("monitor")


def start(home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pipelines.schedules", "run", "monitor"],
        cwd=PROJECT,
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def require_told(received: Received, ended: subprocess.CompletedProcess[str], reason: str) -> None:
    (alert,) = received.contents
    assert (alert["severity"], alert["title"]) == ("error", "monitor could not be run")
    assert reason in alert["advice"]
    assert alert["exit_code"] == ended.returncode
    assert "error: monitor could not be run" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_workspace_that_was_restored_in_parts_only_is_told(home: Path, received: Received) -> None:
    (home / RESTORING_FILE).touch()
    ended = start(home)
    assert ended.returncode == 1
    require_told(received, ended, "medimage restore FILE --force again")
    assert not kept().history.exists()


def test_settings_that_others_could_have_changed_are_not_used_and_that_is_told(home: Path, received: Received) -> None:
    kept().environment.chmod(0o644)
    ended = start(home)
    assert ended.returncode == 1
    require_told(received, ended, "chmod 600")


def test_a_schedule_that_is_damaged_is_told(home: Path, received: Received) -> None:
    kept().description.write_text("{")
    ended = start(home)
    assert ended.returncode == 1
    require_told(received, ended, "Expected a schedule in")


def test_a_workspace_that_is_gone_is_told_by_what_the_account_knows_and_is_not_made_anew(
    home: Path, received: Received, tmp_path: Path
) -> None:
    line = crontab_block(make_schedule(zone="UTC"), knows_zones=True).splitlines()[-2]
    command = line.split(" ", 5)[5].replace(r"\%", "%")
    shutil.move(home, tmp_path / "not mounted")
    ended = subprocess.run(
        ["/bin/sh", "-c", command], env=environment(home), capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 2
    require_told(received, ended, "There is no schedule 'monitor'")
    assert str(home) in received.contents[0]["advice"]
    assert not home.exists()


def test_what_the_account_knows_of_alerts_is_for_its_owner_alone_and_goes_with_them(home: Path) -> None:
    assert home
    settings = {"MEDIMAGE_ALERT_WEBHOOK": "https://hook", "KAGGLE_KEY": "secret", "HTTPS_PROXY": "http://proxy"}
    keep_alerts("monitor", settings)
    file = alerts_file("monitor")
    assert file.stat().st_mode & 0o777 == 0o600
    assert "hook" in file.read_text()
    assert "secret" not in file.read_text()
    keep_alerts("monitor", {"KAGGLE_KEY": "secret"})
    assert not file.exists()
    keep_alerts("monitor", settings)
    forget_alerts("monitor")
    assert not file.exists()


def test_who_is_told_of_nothing_gets_the_reason_in_the_log(home: Path) -> None:
    schedule: Schedule = make_schedule(started_by=StartedBy.SYSTEMD)
    write_schedule(schedule)
    ended = start(home)
    assert ended.returncode == 1
    assert "error: monitor could not be run. Expected the environment of a schedule" in ended.stderr
