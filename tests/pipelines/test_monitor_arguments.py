"""The command line of the monitoring pipeline."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from medimage.errors import ConfigurationError
from pipelines.monitor_arguments import read_monitor_arguments


def test_what_is_asked_for_is_read(tmp_path: Path) -> None:
    words = ["--log", str(tmp_path), "--model", "a@champion", "--since", "2026-03-01", "--last-rows", "500"]
    found = read_monitor_arguments([*words, "--smallest-share", "0.1"])
    assert (found.model, found.request.source, found.request.folder) == ("a@champion", "log", str(tmp_path))
    assert found.request.since == datetime(2026, 3, 1, tzinfo=UTC)
    assert found.request.last_rows == 500
    assert found.request.settings == {"smallest_share": 0.1}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--log", "nowhere"], "--log: expected a folder"),
        (["--log", "README.md"], "is none"),
        (["--images", ".", "--last-rows", "3"], "belong to --log"),
        (["--images", ".", "--feedback", "."], "belong to --log"),
        (["--log", ".", "--level", "2"], "level between 0 and 1"),
        (["--log", ".", "--images-per-case", "0.5"], "at least 1 image"),
        (["--log", ".", "--last-days", "-1"], "--last-days: expected more than 0"),
        (["--log", ".", "--last-days", "1e12"], "a calendar has"),
        (["--log", ".", "--last-days", "1e6"], "a calendar has"),
        (["--log", ".", "--last-days", "1", "--since", "2026-03-02"], "not both"),
        (["--log", ".", "--since", "2026-03-02", "--until", "2026-03-01"], "before the end"),
        (["--log", ".", "--last-rows", "0"], "at least 1 row"),
    ],
)
def test_a_wrong_command_is_told(words: list[str], told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        read_monitor_arguments(words)


@pytest.mark.parametrize("words", [[], ["--log", ".", "--images", "."], ["--log", ".", "--since", "yesterday"]])
def test_what_argparse_refuses_is_a_wrong_command(words: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        read_monitor_arguments(words)
