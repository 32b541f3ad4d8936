"""Lines of a crontab, kept by a program that stands in for cron's and run by a shell as cron runs them."""

import os
import subprocess
from pathlib import Path

import pytest

from medimage.errors import ConfigurationError, MedimageError
from medimage.scheduling.alerts.alert_settings import AlertSettings
from medimage.scheduling.crontab_line import crontab_block, install_line, is_installed, remove_line
from medimage.scheduling.kept_alerts import alerts_file
from medimage.scheduling.kept_environment import read_environment
from medimage.scheduling.schedule import StartedBy
from medimage.scheduling.stored_schedules import folder_of, write_schedule
from pipelines.local_schedule import install, remove
from tests.support.schedules import make_schedule

_CRONTAB = """#!/bin/sh
case "$1" in
  -V) echo "$CRON_VERSION"; exit 0 ;;
  -l) test -f "$CRON_FILE" && cat "$CRON_FILE" || { echo "no crontab for me" >&2; exit 1; } ;;
  -) cat > "$CRON_FILE" ;;
esac
"""


@pytest.fixture(autouse=True)
def crontab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a crontab, with the program that reads and writes it."""
    program = tmp_path / "bin" / "crontab"
    program.parent.mkdir()
    program.write_text(_CRONTAB)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("CRON_FILE", str(tmp_path / "crontab"))
    monkeypatch.setenv("CRON_VERSION", "")
    monkeypatch.setenv("TZ", "Europe/Berlin")
    return tmp_path / "crontab"


def test_a_line_is_put_beside_those_of_others_and_taken_out_again(crontab: Path) -> None:
    others = "MAILTO=me\n0 1 * * * backup 100\\%"
    crontab.write_text(others)
    install_line(make_schedule())
    install_line(make_schedule(cron="0 4 * * *"))
    text = crontab.read_text()
    assert text.startswith(f"{others}\n")
    assert text.count("pipelines.schedules run monitor") == 1
    assert "\n0 4 * * * cd " in text
    assert is_installed("monitor")
    remove_line("monitor")
    assert crontab.read_text() == f"{others}\n"
    assert not is_installed("monitor")


def test_each_schedule_has_its_own_lines() -> None:
    install_line(make_schedule(name="one"))
    install_line(make_schedule(name="two"))
    remove_line("one")
    assert is_installed("two")
    assert not is_installed("one")


def test_a_zone_that_cron_does_not_know_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="Europe/Berlin, and knows no Asia/Tokyo"):
        install_line(make_schedule(zone="Asia/Tokyo"))


def test_cronie_is_told_the_zone_of_every_line(monkeypatch: pytest.MonkeyPatch, crontab: Path) -> None:
    monkeypatch.setenv("CRON_VERSION", "cronie 1.7.0")
    install_line(make_schedule(name="one", zone="Asia/Tokyo"))
    install_line(make_schedule(name="two"))
    lines = crontab.read_text().splitlines()
    zones = [line for line in lines if line.startswith("CRON_TZ=")]
    assert zones == ["CRON_TZ=Asia/Tokyo", "CRON_TZ=Europe/Berlin"]


def test_the_shell_gets_folders_with_spaces_quotes_and_percent_signs_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "50% of 'a b' $HOME"
    monkeypatch.setenv("MEDIMAGE_HOME", str(home))
    schedule = make_schedule(name="odd")
    write_schedule(schedule)
    (line,) = [line for line in crontab_block(schedule, knows_zones=False).splitlines() if not line.startswith("#")]
    command = line.split(" ", 5)[5]
    # cron ends a command at the first % without a backslash, and takes the backslash away from others.
    assert "%" not in command.replace(r"\%", "")
    subprocess.run(["/bin/sh", "-c", command.replace(r"\%", "%")], check=False)
    told = (home / "schedules" / "odd" / "output.log").read_text()
    assert "Expected the environment of a schedule" in told
    assert str(home) in told


@pytest.mark.parametrize("folder", ["a\nb", "a\\b"])
def test_a_folder_that_cron_cannot_read_is_refused(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDIMAGE_HOME", str(tmp_path / folder))
    with pytest.raises(ConfigurationError, match="--install crontab"):
        crontab_block(make_schedule(), knows_zones=False)


def test_no_argument_and_no_secret_stands_in_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDIMAGE_ALERT_SMTP_PASSWORD", "hunter2")
    text = crontab_block(make_schedule(words=("--log", "hunter3")), knows_zones=True)
    assert "hunter" not in text


def test_a_machine_without_cron_says_what_else_there_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    with pytest.raises(MedimageError, match="--install systemd"):
        install_line(make_schedule())
    # A workspace that came from another machine can be tidied up.
    remove_line("monitor")


def test_a_workspace_that_the_shell_names_by_half_a_path_is_found_from_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MEDIMAGE_HOME", "by half a path")
    install(make_schedule(started_by=StartedBy.CRONTAB), AlertSettings.from_environment({}), replace=False)
    kept = read_environment(folder_of("monitor").environment)
    assert kept["MEDIMAGE_HOME"] == str(tmp_path / "by half a path")


def test_a_mark_that_somebody_took_out_takes_no_lines_of_others_with_it(crontab: Path) -> None:
    install_line(make_schedule())
    *lines, _ = crontab.read_text().splitlines()
    crontab.write_text("\n".join([*lines, "0 1 * * * backup", ""]))
    install_line(make_schedule())
    remove_line("monitor")
    assert "0 1 * * * backup\n" in crontab.read_text()


def test_an_account_without_a_folder_of_its_own_can_have_schedules_and_is_told_what_it_lacks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", "/dev/null/none")
    monkeypatch.setenv("MEDIMAGE_ALERT_WEBHOOK", "https://hook")
    alerts = AlertSettings.from_environment(os.environ)
    install(make_schedule(started_by=StartedBy.CRONTAB), alerts, replace=False)
    assert "will be told to nobody: Expected to make the folder /dev/null/none" in capsys.readouterr().out
    assert is_installed("monitor")
    remove("monitor")
    assert not is_installed("monitor")


def test_what_the_account_knows_of_alerts_comes_and_goes_with_its_schedule(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "account"))
    monkeypatch.setenv("MEDIMAGE_ALERT_WEBHOOK", "https://hook")
    install(make_schedule(started_by=StartedBy.CRONTAB), AlertSettings.from_environment(os.environ), replace=False)
    assert "https://hook" in alerts_file("monitor").read_text()
    remove("monitor")
    assert not alerts_file("monitor").exists()
