import pytest

from medimage.doctor.alerts import check_alerts
from medimage.doctor.finding import State


def test_the_log_is_always_told() -> None:
    found = check_alerts()
    assert (found.state, found.told) == (State.FINE, "scheduled runs are told by log")


def test_a_setting_that_cannot_be_is_a_problem_and_no_secret_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDIMAGE_ALERT_SLACK", "http://hooks.example.org/hunter2")
    found = check_alerts()
    assert found.state is State.PROBLEM
    assert "MEDIMAGE_ALERT_SLACK" in found.told
    assert "hunter2" not in found.told
