"""Handing schedules to systemd."""

import os
from pathlib import Path

import pytest

from medimage.errors import MedimageError
from medimage.scheduling.alerts.alert_settings import AlertSettings
from medimage.scheduling.schedule import StartedBy
from medimage.scheduling.stored_schedules import stored_names, write_schedule
from pipelines.local_schedule import install
from tests.support.schedules import make_schedule


@pytest.mark.parametrize("is_replaced", [False, True])
def test_a_schedule_that_systemd_does_not_take_is_gone_and_so_is_told_of_the_one_before(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, is_replaced: bool
) -> None:
    systemctl = tmp_path / "systemctl"
    systemctl.write_text("#!/bin/sh\necho 'Failed to connect to bus' >&2\nexit 1\n")
    systemctl.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("MEDIMAGE_HOME", str(tmp_path / "home"))
    if is_replaced:
        write_schedule(make_schedule(cron="0 4 * * *"))
    with pytest.raises(MedimageError, match="Failed to connect to bus") as raised:
        install(make_schedule(started_by=StartedBy.SYSTEMD), AlertSettings.from_environment({}), replace=is_replaced)
    told = "monitor that was there before, at '0 4 * * *' in Europe/Berlin, had to give way and is gone"
    assert (told in str(raised.value)) == is_replaced
    assert stored_names() == ()
