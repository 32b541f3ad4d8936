"""`--schedule` and `medimage schedule`, run as their user runs them."""

import datetime
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from medimage.scheduling.kept_environment import keep_environment
from medimage.scheduling.run_history import Event, read_history
from medimage.scheduling.schedule import StartedBy
from medimage.scheduling.stored_schedules import ScheduleFolder, write_schedule
from tests.conftest import PROJECT
from tests.support.commands import environment
from tests.support.schedules import make_schedule
from tests.support.web_receiver import web_receiver

YEARLY = ("--schedule", "0 3 1 1 *", "--time-zone", "Europe/Berlin")


def command(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", f"pipelines.{module}", *arguments]


def run(home: Path, module: str, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(module, *arguments),
        cwd=PROJECT,
        env=environment(home, **settings),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def wait_until_kept(process: subprocess.Popen[bytes], output: Path) -> None:
    deadline = time.monotonic() + 100
    while "Ctrl-C" not in output.read_text():
        assert process.poll() is None, output.read_text()
        assert time.monotonic() < deadline, output.read_text()
        time.sleep(0.05)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], Path, Path]]:
    """A process that keeps a schedule for next year, with its workspace and what it prints."""
    home, output, log = tmp_path / "home", tmp_path / "output", tmp_path / "a log of 100%"
    log.mkdir()
    with output.open("wb") as file:
        process = subprocess.Popen(
            command("monitor_pipeline", "--log", str(log), *YEARLY),
            cwd=PROJECT,
            env=environment(home),
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until_kept(process, output)
        yield process, home, output
    finally:
        process.kill()
        process.wait()


def test_a_schedule_in_the_foreground_tells_its_next_run_is_listed_and_ends_when_asked(
    kept: tuple[subprocess.Popen[bytes], Path, Path],
) -> None:
    process, home, output = kept
    following = f"{datetime.datetime.now().year + 1}-01-01 03:00 Europe/Berlin (UTC+01:00)"
    assert following in output.read_text()
    listed = run(home, "schedules", "list")
    assert "monitor (kept by a process now): python -m pipelines.monitor_pipeline" in listed.stdout
    assert following in listed.stdout
    again = run(home, "monitor_pipeline", "--log", str(home.parent / "a log of 100%"), *YEARLY, "--replace")
    assert again.returncode == 2
    assert "there is a schedule monitor already" in again.stderr
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 0
    assert "has ended" in output.read_text()
    assert "its process has ended" in run(home, "schedules", "list").stdout


def test_a_schedule_that_is_deleted_ends_its_process(kept: tuple[subprocess.Popen[bytes], Path, Path]) -> None:
    process, home, _ = kept
    deleted = run(home, "schedules", "delete", "monitor")
    assert (deleted.returncode, deleted.stdout) == (0, "monitor is deleted.\n")
    assert process.wait(timeout=60) == 0
    assert "There are no schedules." in run(home, "schedules", "list").stdout


def test_a_restore_beside_a_schedule_that_is_kept_is_refused_and_changes_nothing(
    kept: tuple[subprocess.Popen[bytes], Path, Path], tmp_path: Path
) -> None:
    process, home, _ = kept
    backup = tmp_path / "backup.tar"
    assert run(home, "backup", str(backup)).returncode == 0
    (home / "newer").touch()
    refused = run(home, "restore", str(backup), "--force")
    assert refused.returncode == 5
    assert "the schedules monitor are kept by commands in" in refused.stderr
    assert "End them with Ctrl-C" in refused.stderr
    assert process.poll() is None
    assert (home / "newer").exists()
    assert list(home.glob("before-restore-*")) == []
    assert "kept by a process now" in run(home, "schedules", "list").stdout
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 0
    restored = run(home, "restore", str(backup), "--force")
    assert restored.returncode == 0, restored.stderr
    assert not (home / "newer").exists()
    assert "its process has ended" in run(home, "schedules", "list").stdout


def test_a_wrong_argument_of_the_command_is_told_now_and_not_at_three_in_the_morning(tmp_path: Path) -> None:
    told = run(tmp_path, "monitor_pipeline", "--log", "nowhere", *YEARLY)
    assert told.returncode == 2
    assert "--log: expected a folder" in told.stderr
    told = run(tmp_path, "train_pipeline", "--config", "configs/quickstart.yaml", "--nonsense", "1", *YEARLY)
    assert told.returncode == 2
    assert "--nonsense" in told.stderr
    assert not (tmp_path / "schedules").exists()


def test_alerts_that_cannot_be_sent_are_told_now_as_well(tmp_path: Path) -> None:
    told = run(tmp_path, "monitor_pipeline", "--log", ".", *YEARLY, MEDIMAGE_ALERT_SLACK="hunter2")
    assert told.returncode == 2
    assert "MEDIMAGE_ALERT_SLACK: expected" in told.stderr
    assert "hunter2" not in told.stderr + told.stdout


def test_what_would_be_installed_is_shown_and_nothing_is_written(tmp_path: Path) -> None:
    shown = run(tmp_path, "monitor_pipeline", "--log", ".", *YEARLY, "--install", "systemd", "--print")
    assert shown.returncode == 0, shown.stderr
    assert "OnCalendar=*-01-01 03:00:00 Europe/Berlin" in shown.stdout
    assert not (tmp_path / "schedules").exists()


def test_the_help_of_a_pipeline_tells_of_times(tmp_path: Path) -> None:
    for module in ("monitor_pipeline", "train_pipeline"):
        told = run(tmp_path, module, "--help")
        assert told.returncode == 0
        assert "--schedule VALUE" in told.stdout


def write_installed(home: Path, monkeypatch: pytest.MonkeyPatch, *, kept: dict[str, str]) -> ScheduleFolder:
    """Writes a schedule that is due every minute, as systemd or cron would start it."""
    monkeypatch.setenv("MEDIMAGE_HOME", str(home))
    made = datetime.datetime.now(tz=datetime.UTC) - datetime.timedelta(minutes=5)
    words = ("--log", "a log that is gone")
    schedule = make_schedule(
        cron="* * * * *", made=made, words=words, folder=str(PROJECT), started_by=StartedBy.CRONTAB
    )
    write_schedule(schedule)
    folder = ScheduleFolder(path=home / "schedules" / "monitor")
    keep_environment(folder.environment, {"MEDIMAGE_HOME": str(home), **kept})
    return folder


def test_a_run_that_cron_starts_is_one_for_all_that_came_and_tells_its_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with web_receiver() as received:
        folder = write_installed(tmp_path, monkeypatch, kept={"MEDIMAGE_ALERT_WEBHOOK": received.address})
        finished = run(tmp_path, "schedules", "run", "monitor")
    assert finished.returncode == 2
    assert "--log: expected a folder" in finished.stderr
    assert [line.event for line in read_history(folder.history)] == [Event.MISSED, Event.STARTED, Event.ENDED]
    (alert,) = received.contents
    assert (alert["severity"], alert["exit_code"]) == ("error", 2)
    assert "was refused" in run(tmp_path, "schedules", "show", "monitor").stdout


def test_a_schedule_that_is_paused_is_not_run_until_it_is_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_installed(tmp_path, monkeypatch, kept={})
    assert "is paused" in run(tmp_path, "schedules", "pause", "monitor").stdout
    finished = run(tmp_path, "schedules", "run", "monitor")
    assert finished.returncode == 0, finished.stderr
    assert [line.event for line in read_history(folder.history)] == [Event.PAUSED]
    assert "goes on" in run(tmp_path, "schedules", "resume", "monitor").stdout


@pytest.mark.parametrize("action", ["show", "pause", "resume", "delete", "run"])
def test_a_schedule_that_is_not_there_is_told(tmp_path: Path, action: str) -> None:
    told = run(tmp_path, "schedules", action, "monitor")
    assert told.returncode == 2
    assert "There is no schedule 'monitor'" in told.stderr


@pytest.mark.proof
def test_a_schedule_in_the_foreground_runs_its_command_by_the_clock_and_goes_on_after_its_failure(
    tmp_path: Path,
) -> None:
    home, output, log = tmp_path / "home", tmp_path / "output", tmp_path / "log"
    log.mkdir()
    with output.open("wb") as file:
        process = subprocess.Popen(
            command("monitor_pipeline", "--log", str(log), "--schedule", "* * * * *"),
            cwd=PROJECT,
            env=environment(home),
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    try:
        history = home / "schedules" / "monitor" / "history.jsonl"
        deadline = time.monotonic() + 240
        while sum(line.event is Event.ENDED for line in read_history(history)) < 2:
            assert process.poll() is None, output.read_text()
            assert time.monotonic() < deadline, output.read_text()
            time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=90) == 0
    finally:
        process.kill()
        process.wait()
    ended = [line for line in read_history(history) if line.event is Event.ENDED]
    # There is no model to watch.
    assert {line.exit_code for line in ended} <= {1, 2}
    assert all(line.scheduled.second == 0 for line in ended)
    assert os.linesep in output.read_text()
