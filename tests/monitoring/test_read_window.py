"""Which rows of a log are looked at."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from medimage.monitoring.columns import MEAN, SHARPNESS
from medimage.monitoring.read_window import read_window
from medimage.monitoring.window import LogWindow, WindowChoice
from medimage.serving.prediction_log.logged_prediction import LoggedModel, LoggedPrediction
from medimage.serving.prediction_log.reader import read_prediction_log_files
from medimage.serving.prediction_log.writer import PredictionLogWriter
from tests.support.observed import CLASSES, SHA256, START, logged_rows, reference_of

REFERENCE = reference_of(logged_rows(60, seed=1))


def read(*files: list[LoggedPrediction], choice: WindowChoice | None = None) -> LogWindow:
    return read_window(files, sha256=SHA256, classes=CLASSES, projection=REFERENCE.projection, choice=choice)


def test_an_empty_log_is_a_window_without_rows() -> None:
    window = read()
    assert (len(window.observations), window.first, window.notes.sentences()) == (0, None, ())


def test_rows_of_other_versions_are_left_out_and_told() -> None:
    rows = logged_rows(6, seed=2)
    other = LoggedModel(name="lung", version="2.0.0", sha256="cd" * 32)
    window = read([*rows[:4], *(replace(row, model=other) for row in rows[4:])])
    assert len(window.observations) == 4
    assert window.notes.other_models == {"lung 2.0.0 cdcdcdcdcdcd": 2}
    assert "2 rows of other models or versions left out: lung 2.0.0 cdcdcdcdcdcd (2)." in window.notes.sentences()


def test_a_clock_that_went_backwards_is_told_and_rows_are_sorted() -> None:
    rows = logged_rows(5, seed=3)
    set_back = [replace(row, time=row.time - timedelta(hours=1)) for row in rows[3:]]
    window = read([*rows[:3], *set_back])
    assert window.prediction_ids == tuple(row.prediction_id for row in [*set_back, *rows[:3]])
    assert (window.notes.backwards, window.notes.largest_step_back_seconds) == (1, 3540)
    assert "The clock went backwards 1 time, by up to 3540 s" in window.notes.sentences()[0]


def test_files_of_processes_side_by_side_are_no_clock_that_went_backwards() -> None:
    rows = logged_rows(6, seed=4)
    window = read(rows[::2], rows[1::2])
    assert window.notes.backwards == 0
    assert window.prediction_ids == tuple(row.prediction_id for row in rows)


def test_a_file_that_is_asked_about_again_counts_once_by_its_latest_row() -> None:
    first, second, third = logged_rows(3, seed=5)
    again = replace(third, image=replace(third.image, sha256=first.image.sha256))
    window = read([first, second, again])
    assert window.prediction_ids == (second.prediction_id, again.prediction_id)
    assert window.notes.repeated == 1


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (WindowChoice(since=START + timedelta(minutes=3)), [3, 4, 5]),
        (WindowChoice(until=START + timedelta(minutes=2)), [0, 1]),
        (WindowChoice(last_rows=2), [4, 5]),
        (WindowChoice(since=START + timedelta(minutes=1), last_rows=10), [1, 2, 3, 4, 5]),
        (WindowChoice.last_days(1 / 24, now=START + timedelta(minutes=64)), [4, 5]),
    ],
)
def test_a_window_of_time_or_of_the_last_rows(choice: WindowChoice, expected: list[int]) -> None:
    window = read(logged_rows(6, seed=6), choice=choice)
    assert [int(name, 16) for name in window.prediction_ids] == expected
    assert window.notes.outside == 6 - len(expected)


def test_rows_of_other_classes_are_left_out() -> None:
    first, second = logged_rows(2, seed=7)
    odd = replace(second, label="cat", probabilities={"cat": 1.0})
    window = read([first, odd])
    assert (len(window.observations), window.notes.other_classes) == (1, 1)


def test_rows_of_before_sharpness_was_measured_are_read() -> None:
    rows = logged_rows(4, seed=8)
    old = [replace(row, image=replace(row.image, sharpness=None)) for row in rows[:2]]
    sharpness = read([*old, *rows[2:]]).observations.numbers(SHARPNESS)
    np.testing.assert_array_equal(np.isnan(sharpness), [True, True, False, False])
    assert SHARPNESS not in read(old).observations.columns


def test_what_the_service_writes_is_what_is_read(tmp_path: Path) -> None:
    rows = logged_rows(30, seed=9)
    writer = PredictionLogWriter(tmp_path, file_bytes=4000)
    assert all(writer.append(row) for row in rows)
    assert len(list(tmp_path.iterdir())) > 1
    window = read_window(
        read_prediction_log_files(tmp_path), sha256=SHA256, classes=CLASSES, projection=REFERENCE.projection
    )
    np.testing.assert_array_equal(window.observations.numbers(MEAN), [row.image.mean for row in rows])
    embeddings = np.stack([values for row in rows if (values := row.embedding_numbers) is not None])
    assert REFERENCE.projection is not None
    expected = REFERENCE.projection.coordinates(embeddings)
    np.testing.assert_allclose(window.observations.numbers("embedding_2"), expected[:, 1], rtol=1e-9)


@pytest.mark.parametrize(
    "wrong", [{"last_rows": 0}, {"since": START, "until": START}, {"since": START.replace(tzinfo=None)}]
)
def test_a_choice_that_nothing_can_meet_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="Expected"):
        WindowChoice(**wrong)  # pyright: ignore[reportArgumentType]
