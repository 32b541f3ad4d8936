"""Units as systemd itself reads them."""

import datetime
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings

from medimage.errors import MedimageError
from medimage.scheduling.cron_expression import CronExpression
from medimage.scheduling.occurrences import next_occurrence
from medimage.scheduling.systemd_timer import (
    calendar_events,
    check_units,
    install_timer,
    is_installed,
    remove_timer,
    unit_folder,
    unit_texts,
)
from medimage.scheduling.time_zones import find_time_zone
from tests.support.cron_lines import cron_lines
from tests.support.schedules import make_schedule

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="this machine has no systemd-analyze"
)


@pytest.mark.parametrize(
    ("cron", "events"),
    [
        ("0 3 * * 1", ("Mon *-*-* 03:00:00 Europe/Berlin",)),
        ("*/30 * 1 * *", ("*-*-01 *:00,30:00 Europe/Berlin",)),
        ("0 3 13 * FRI", ("*-*-13 03:00:00 Europe/Berlin", "Fri *-*-* 03:00:00 Europe/Berlin")),
        ("5 1,2 * 1-3 SUN", ("Sun *-01,02,03-* 01,02:05:00 Europe/Berlin",)),
        ("* * * * *", ("*-*-* *:*:00 Europe/Berlin",)),
        ("0 3 13 * 0-6", ("*-*-* 03:00:00 Europe/Berlin",)),
    ],
)
def test_a_cron_line_becomes_calendar_events(cron: str, events: tuple[str, ...]) -> None:
    assert calendar_events(CronExpression.parse(cron), "Europe/Berlin") == events


@needs_systemd
@settings(max_examples=25, deadline=None)
@given(cron_lines())
def test_systemd_is_due_when_the_expression_is(text: str) -> None:
    cron = CronExpression.parse(text)
    start = datetime.datetime(2026, 5, 4, 10, 30, tzinfo=datetime.UTC)
    command = ["systemd-analyze", "calendar", "--base-time=2026-05-04 10:30:00 UTC", "--iterations=1"]
    told = subprocess.run(
        [*command, *calendar_events(cron, "UTC")],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "TZ": "UTC"},
    )
    found = re.findall(r"(?:Next elapse|\(in UTC\)): \w+ (\S+ \S+) UTC", told.stdout)
    expected = next_occurrence(cron, find_time_zone("UTC"), after=start)
    assert f"{expected:%Y-%m-%d %H:%M:%S}" == min(found)


@needs_systemd
def test_systemd_takes_the_units_also_with_odd_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MEDIMAGE_HOME", str(tmp_path / 'a "b" 100% $HOME \\x'))
    check_units(make_schedule(name="odd", cron="0 3 13 * FRI"))


def test_the_units_run_the_schedule_by_its_name_and_hold_no_argument_and_no_secret(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MEDIMAGE_HOME", str(tmp_path / "50% $x"))
    monkeypatch.setenv("MEDIMAGE_ALERT_SLACK", "https://hooks.example.org/secret")
    text = "".join(unit_texts(make_schedule(words=("--log", "password"))).values())
    assert "password" not in text
    assert "secret" not in text
    assert "Persistent=true" in text
    assert '50%% $x"' in text
    assert '"pipelines.schedules" "run" "monitor"' in text


def test_two_workspaces_have_units_of_their_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    names = set()
    for folder in ("a", "b"):
        monkeypatch.setenv("MEDIMAGE_HOME", str(tmp_path / folder))
        names |= set(unit_texts(make_schedule()))
    assert len(names) == 4


def test_where_systemd_has_no_session_nothing_is_left_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    _program(tmp_path / "bin" / "systemctl", "echo 'Failed to connect to bus' >&2; exit 1", monkeypatch)
    with pytest.raises(MedimageError, match=r"(?s)Failed to connect to bus.*--install crontab"):
        install_timer(make_schedule())
    assert list(unit_folder().iterdir()) == []


def test_installing_again_leaves_one_timer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    _program(tmp_path / "bin" / "systemctl", f'echo "$*" >> {tmp_path}/called', monkeypatch)
    install_timer(make_schedule())
    install_timer(make_schedule(cron="0 4 * * *"))
    files = sorted(unit_folder().iterdir())
    assert [file.suffix for file in files] == [".service", ".timer"]
    assert "04:00:00" in files[1].read_text()
    assert "--user daemon-reload" in (tmp_path / "called").read_text()


def test_a_timer_that_cannot_be_stopped_loses_its_files_and_can_be_deleted_then(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    _program(tmp_path / "bin" / "systemctl", "exit 0", monkeypatch)
    install_timer(make_schedule())
    assert is_installed("monitor")
    _program(tmp_path / "bin" / "systemctl", "echo 'Failed to connect to bus' >&2; exit 1", monkeypatch)
    with pytest.raises(MedimageError, match="Failed to connect"):
        remove_timer("monitor")
    assert not is_installed("monitor")
    remove_timer("monitor")


def _program(file: Path, body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!/bin/sh\n{body}\n")
    file.chmod(0o755)
    monkeypatch.setenv("PATH", f"{file.parent}{os.pathsep}{os.environ['PATH']}")
