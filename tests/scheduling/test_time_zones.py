import datetime
import zoneinfo

import pytest

from medimage.errors import ConfigurationError
from medimage.scheduling.time_zones import find_time_zone, told_time


@pytest.mark.parametrize(
    "name", ["Europe/Berlinn", "europe/berlin", "MEZ", "", "../../etc/passwd", "UTC+2", "a" * 5000]
)
def test_a_zone_that_is_none_is_told(name: str) -> None:
    with pytest.raises(ConfigurationError, match="--time-zone: expected a name of the IANA database"):
        find_time_zone(name)


def test_the_zone_that_was_meant_is_guessed() -> None:
    with pytest.raises(ConfigurationError, match="did you mean Europe/Berlin"):
        find_time_zone("europe/berlin")


def test_without_a_name_it_is_this_machine_s_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert find_time_zone(None).key == "Asia/Tokyo"


def test_a_time_is_told_with_its_zone_and_its_offset() -> None:
    moment = datetime.datetime(2026, 11, 23, 2, 0, tzinfo=datetime.UTC)
    assert told_time(moment, zoneinfo.ZoneInfo("Europe/Berlin")) == "Monday 2026-11-23 03:00 Europe/Berlin (UTC+01:00)"
    assert told_time(moment, zoneinfo.ZoneInfo("America/St_Johns")).endswith("(UTC-03:30)")
