"""What a command line says about times, beside the command's own arguments."""

import pytest

from medimage.errors import ConfigurationError
from pipelines.schedule_arguments import ScheduleArguments, read_schedule_arguments


def read(*words: str) -> ScheduleArguments | None:
    return read_schedule_arguments(words, pipeline="monitor")


def test_without_a_word_of_times_the_command_is_left_alone() -> None:
    assert read("--log", "a b", "--no-cache", "--print_config") is None


def test_the_command_s_own_arguments_are_left_as_they_are() -> None:
    odd = ("--log", "a 'b' \"c\" 100%", "--reason=--x y", "--level", "-1", "--force", "", "$HOME", "line\nbreak")
    found = read(*odd[:2], "--schedule", "0 3 * * 1", *odd[2:5], "--time-zone=Asia/Tokyo", *odd[5:])
    assert found is not None
    assert found.words == odd
    assert (str(found.cron), found.zone, found.name, found.grace_minutes) == ("0 3 * * 1", "Asia/Tokyo", "monitor", 60)


def test_all_that_can_be_said_is_read() -> None:
    words = ["--schedule-name", "lung", "--grace-minutes", "5", "--install", "systemd", "--print", "--replace"]
    found = read("--schedule=@daily", *words)
    assert found is not None
    assert (found.name, found.grace_minutes, found.install) == ("lung", 5, "systemd")
    assert found.print_only
    assert found.replace


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--schedule"], "--schedule: needs a value"),
        (["--schedule", "--log", "x"], "--schedule: needs a value"),
        (["--schedule="], "--schedule: needs a value"),
        (["--schedule", "0", "3", "*", "*", "1"], "in quotes, got 1"),
        (["--schedule", "@daily", "--schedule", "@weekly"], "given twice"),
        (["--time-zone", "UTC"], "--time-zone: belongs to --schedule"),
        (["--shedule", "@daily"], "did you mean --schedule?"),
        (["--schedule", "@daily", "--schedule_name", "x"], "did you mean --schedule-name?"),
        (["--schedule", "@daily", "--timezone", "UTC"], "did you mean --time-zone?"),
        (["--replace"], "--replace: belongs to --schedule"),
        (["--schedule", "@daily", "--time-zone", "Berlin"], "--time-zone: expected a name"),
        (["--schedule", "@daily", "--schedule-name", "A b"], "--schedule-name: expected"),
        (["--schedule", "@daily", "--install", "launchd"], "--install: expected systemd or crontab"),
        (["--schedule", "@daily", "--print"], "--print: shows what --install"),
        (["--schedule", "@daily", "--replace=yes"], "--replace: takes no value"),
        (["--schedule", "@daily", "--grace-minutes", "soon"], "--grace-minutes: expected a number"),
        (["--schedule", "@daily", "--grace-minutes", "nan"], "--grace-minutes: expected 0 to 10080"),
        (["--schedule", "\udcff", "--time-zone", "\udcff"], "--schedule"),
    ],
)
def test_a_wrong_word_is_told(words: list[str], told: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read(*words)
    assert told in str(refused.value)
    str(refused.value).encode()


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as refused:
        read("--schedule", "75 3 * * 1", "--time-zone", "Berlin", "--grace-minutes", "-1")
    assert len(str(refused.value).splitlines()) == 3
