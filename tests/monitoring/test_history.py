"""What monitoring came to over time."""

import multiprocessing
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from medimage.monitoring.history import HistoryEntry, append_history, leading_columns, read_history
from medimage.monitoring.history_figure import draw_history
from medimage.monitoring.monitoring_outcome import MonitoringVerdict
from tests.support.observed import START


def entry(day: int, *, mean: float = 0.5, verdict: MonitoringVerdict = MonitoringVerdict.AS_BEFORE) -> HistoryEntry:
    return HistoryEntry(
        made=START + timedelta(days=day),
        first=START + timedelta(days=day - 1),
        last=START + timedelta(days=day),
        images=500,
        verdict=verdict,
        kind="appearance" if verdict is MonitoringVerdict.CHANGED else None,
        differences={"mean": mean, "label": 0.2},
        class_shares={"ill": 0.3, "well": 0.7},
        accuracy=0.9 if day % 2 else None,
    )


def test_entries_come_back_by_time_whatever_the_order(tmp_path: Path) -> None:
    file = tmp_path / "history" / "a.jsonl"
    for day in (3, 1, 2):
        append_history(file, entry(day))
    assert read_history(file) == (entry(1), entry(2), entry(3))


def test_a_window_that_is_looked_at_again_counts_once(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    append_history(file, entry(1))
    append_history(file, entry(1, mean=2.0, verdict=MonitoringVerdict.CHANGED))
    assert [found.differences["mean"] for found in read_history(file)] == [2.0]
    assert file.read_text().count("\n") == 2


def test_a_torn_line_costs_itself_and_no_other(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    append_history(file, entry(1))
    with file.open("ab") as opened:
        opened.write(entry(2).to_json().encode()[:50])
    append_history(file, entry(3))
    assert read_history(file) == (entry(1), entry(3))


def _append_many(file: Path, first: int) -> None:
    for number in range(40):
        append_history(file, entry(first + number))


def test_two_processes_at_once_lose_no_line(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_append_many, args=(file, first)) for first in (0, 40)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    assert read_history(file) == tuple(entry(day) for day in range(80))


def test_without_a_file_there_is_no_history(tmp_path: Path) -> None:
    assert read_history(tmp_path / "none.jsonl") == ()


@pytest.mark.parametrize("days", [1, 30])
def test_the_history_is_a_picture(days: int) -> None:
    entries = [
        entry(day, verdict=MonitoringVerdict.CHANGED if day == days - 1 else MonitoringVerdict.AS_BEFORE)
        for day in range(days)
    ]
    with Image.open(BytesIO(draw_history(entries))) as picture:
        assert picture.format == "PNG"
        assert min(picture.size) > 300
    assert draw_history(entries) == draw_history(entries)


def test_a_picture_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        draw_history([])


def test_the_columns_that_differ_most_lead() -> None:
    assert leading_columns([entry(1), entry(2, mean=3.0)], most=1) == ("mean",)
