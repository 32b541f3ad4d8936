import logging
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from medimage.data.sources.retry import RetryPolicy, TransientError, asked_wait_s


class Failing:
    """Fails so many times, then gives its result; may come further with each call."""

    def __init__(self, failures: int, *, step: int = 0, asked: float | None = None) -> None:
        self.failures, self.step, self.asked = failures, step, asked
        self.calls = self.progress = 0

    def __call__(self) -> str:
        self.calls += 1
        self.progress += self.step
        if self.calls <= self.failures:
            raise TransientError("it broke", asked_wait_s=self.asked)
        return "done"


def test_waits_double_up_to_the_longest(caplog: pytest.LogCaptureFixture) -> None:
    policy = RetryPolicy(attempts=9, first_wait_s=1, longest_wait_s=20)
    waits = [policy._wait(failures, TransientError("it broke")) for failures in range(1, 8)]
    assert waits == [1, 2, 4, 8, 16, 20, 20]
    with caplog.at_level(logging.WARNING):
        assert RetryPolicy(attempts=3, first_wait_s=0).call(Failing(2)) == "done"
    assert caplog.messages == [
        "It broke; trying again in 0 s (attempt 2 of 3)",
        "It broke; trying again in 0 s (attempt 3 of 3)",
    ]


def test_failures_without_progress_are_counted_and_those_with_it_are_not() -> None:
    policy = RetryPolicy(attempts=3, first_wait_s=0)
    stuck, moving = Failing(9), Failing(9, step=1)
    with pytest.raises(TransientError, match="it broke"):
        policy.call(stuck, progress=lambda: stuck.progress)
    assert stuck.calls == 3
    assert policy.call(moving, progress=lambda: moving.progress) == "done"


def test_a_wait_that_is_asked_for_replaces_the_own_one_up_to_a_limit() -> None:
    policy = RetryPolicy(attempts=3, first_wait_s=1000, longest_asked_wait_s=5)
    assert policy.call(Failing(1, asked=0)) == "done"
    patient = Failing(1, asked=6)
    with pytest.raises(TransientError):
        policy.call(patient)
    assert patient.calls == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("0", 0), (" 120 ", 120), (None, None), ("", None), ("soon", None), ("-5", None), ("²", None)],
)
def test_a_number_of_seconds_is_read(header: str | None, seconds: float | None) -> None:
    assert asked_wait_s(header) == seconds


@pytest.mark.parametrize("ahead", [-3600, 90])
def test_a_date_is_read_as_the_time_until_then(ahead: int) -> None:
    header = format_datetime(datetime.now(UTC) + timedelta(seconds=ahead), usegmt=True)
    assert asked_wait_s(header) == pytest.approx(max(0, ahead), abs=2)


@pytest.mark.parametrize(
    "settings", [{"attempts": 0}, {"first_wait_s": -1}, {"longest_asked_wait_s": -1}, {"read_timeout_s": 0}]
)
def test_policies_that_cannot_be_are_refused(settings: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="Expected"):
        RetryPolicy(**settings)  # type: ignore[arg-type]
