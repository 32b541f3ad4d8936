import dataclasses
import itertools
import json
import multiprocessing
import os
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medimage.serving.feedback_log.logged_feedback import LoggedFeedback
from medimage.serving.feedback_log.reader import latest_feedback, read_feedback_log
from medimage.serving.feedback_log.writer import FeedbackLogWriter
from medimage.serving.prediction_log.logged_prediction import LoggedModel
from medimage.serving.refusal import ServiceNotStartedError
from tests.support.disk import files_limited_to

_SPAWN = multiprocessing.get_context("forkserver")


def row(number: int = 0, **changes: Any) -> LoggedFeedback:
    made = LoggedFeedback(
        prediction_id=f"{number:032x}",
        time=datetime(2026, 3, 1, 12, tzinfo=UTC) + timedelta(seconds=number),
        model=LoggedModel(name="lung", version="1.2.3", sha256="a" * 64),
        agrees=False,
        label="ill",
        caller="ward-3",
    )
    return dataclasses.replace(made, **changes)


def test_rows_are_read_as_they_were_written(tmp_path: Path) -> None:
    rows = [row(), row(1, agrees=True, label=None), row(2, label=None, caller=None)]
    log = FeedbackLogWriter(tmp_path / "made" / "folder")
    assert all(log.append(one) for one in rows)
    assert list(read_feedback_log(tmp_path / "made" / "folder")) == rows


@given(st.text())
def test_any_class_survives_the_trip_through_a_line(label: str) -> None:
    line = row(label=label).to_json()
    assert line.isascii()
    assert "\n" not in line
    assert LoggedFeedback.from_json(line) == row(label=label)


def test_rows_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="no label of a person who agrees"):
        row(agrees=True)
    with pytest.raises(ValueError, match="zone"):
        row(time=datetime(2026, 3, 1))


@pytest.mark.parametrize(
    "line", ["[]", "3", "{}", '{"schema": 2}', "null", pytest.param("[" * 100_000, id="nested too deeply")]
)
def test_a_line_that_is_no_row_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="Expected"):
        LoggedFeedback.from_json(line)


@pytest.mark.parametrize(
    ("field", "value"), [("agrees", 1), ("agrees", "true"), ("label", 3), ("time", 0), ("caller", {})]
)
def test_a_row_with_a_field_of_another_type_is_refused(field: str, value: object) -> None:
    values = {**json.loads(row().to_json()), field: value}
    with pytest.raises(ValueError, match=field):
        LoggedFeedback.from_json(json.dumps(values))


def test_a_row_torn_at_any_byte_is_skipped(tmp_path: Path) -> None:
    log = FeedbackLogWriter(tmp_path)
    for number in range(2):
        log.append(row(number))
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    for cut in range(1, len(row(1).to_json()) + 2):
        file.write_bytes(whole[:-cut])
        assert list(read_feedback_log(tmp_path)) == [row(0)]


def test_it_is_no_prediction_log_even_in_the_same_folder(tmp_path: Path) -> None:
    FeedbackLogWriter(tmp_path).append(row())
    (file,) = tmp_path.iterdir()
    (tmp_path / file.name.replace("feedback-", "predictions-")).write_text(json.dumps({"schema": 1}) + "\n")
    assert list(read_feedback_log(tmp_path)) == [row()]


def _write_then_die(folder: Path, first: int) -> None:
    log = FeedbackLogWriter(folder)
    for number in range(first, first + 50):
        assert log.append(row(number))
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_killed_process_loses_no_row(tmp_path: Path) -> None:
    processes = [_SPAWN.Process(target=_write_then_die, args=(tmp_path, 50 * number)) for number in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [-signal.SIGKILL] * 2
    found = sorted(read_feedback_log(tmp_path), key=lambda one: one.time)
    assert found == [row(number) for number in range(100)]


def test_a_full_disk_is_told_in_the_words_of_this_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    log = FeedbackLogWriter(tmp_path)
    assert log.append(row(0))
    (file,) = tmp_path.iterdir()
    with files_limited_to(file.stat().st_size + 50):
        assert not log.append(row(1))
    assert (log.state, log.lost) == ("failing", 1)
    assert "The feedback log below" in caplog.text
    assert "Feedback is refused meanwhile" in caplog.text


def test_folders_that_cannot_be_used_are_told_with_the_variable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ServiceNotStartedError, match="MEDIMAGE_SERVE_FEEDBACK_LOG"):
        FeedbackLogWriter(tmp_path / "file")
    with pytest.raises(FileNotFoundError, match=r"feedback log.*MEDIMAGE_SERVE_FEEDBACK_LOG"):
        list(read_feedback_log(tmp_path / "nothing"))


def test_the_last_word_of_each_caller_counts_in_whatever_order_rows_come() -> None:
    first, second = row(0), row(0, agrees=True, label=None, time=row(5).time)
    other, elsewhere = row(0, caller="ward-4"), row(1)
    for rows in itertools.permutations([first, second, other, elsewhere]):
        assert set(latest_feedback(rows)) == {second, other, elsewhere}
    assert latest_feedback([]) == ()
