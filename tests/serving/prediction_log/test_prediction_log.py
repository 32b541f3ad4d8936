import dataclasses
import json
import multiprocessing
import os
import shutil
import signal
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medimage.serving.prediction_log.logged_prediction import LoggedImage, LoggedModel, LoggedPrediction
from medimage.serving.prediction_log.reader import read_prediction_log
from medimage.serving.prediction_log.writer import PredictionLogWriter
from medimage.serving.refusal import ServiceNotStartedError
from tests.support.disk import files_limited_to

_SPAWN = multiprocessing.get_context("forkserver")


def row(number: int = 0, **changes: Any) -> LoggedPrediction:
    made = LoggedPrediction(
        prediction_id=f"p{number}",
        time=datetime(2026, 3, 1, 12, 0, 0, number, tzinfo=UTC),
        model=LoggedModel(name="lung", version="1.2.3", sha256="a" * 64),
        image=LoggedImage(
            sha256="b" * 64, width=60, height=40, mean=51.5, standard_deviation=3.25, histogram_distance=None
        ),
        label="well",
        probabilities={"ill": 0.25, "well": 0.75},
        positive=("well",),
        abstained=None,
        conformal_set=("well", "ill"),
        warnings=("enlarged",),
    )
    return dataclasses.replace(made, **changes)


def writer(folder: Path, *, file_bytes: int = 2**20) -> PredictionLogWriter:
    return PredictionLogWriter(folder, file_bytes=file_bytes)


def test_rows_are_read_as_they_were_written(tmp_path: Path) -> None:
    rows = [row(), row(1, abstained=True, caller="ward-3", file_name="ä\u2028\n.png", embedding=bytes(8))]
    log = writer(tmp_path / "made" / "folder")
    assert all(log.append(one) for one in rows)
    assert list(read_prediction_log(tmp_path / "made" / "folder")) == rows


@given(st.text(), st.lists(st.floats(width=32)), st.floats(0, 1))
def test_any_row_survives_the_trip_through_a_line(name: str, embedding: list[float], probability: float) -> None:
    one = row(
        file_name=name,
        embedding=np.array(embedding, "<f4").tobytes(),
        probabilities={"well": probability, name + "x": 0.1},
    )
    line = one.to_json()
    assert line.isascii()
    assert "\n" not in line
    read = LoggedPrediction.from_json(line)
    assert read == one
    np.testing.assert_array_equal(read.embedding_numbers, np.array(embedding, np.float32))


def test_a_row_of_before_with_its_embedding_as_a_list_is_read() -> None:
    values = {**json.loads(row().to_json()), "schema": 1, "embedding": [0.5, -1.25]}
    numbers = LoggedPrediction.from_json(json.dumps(values)).embedding_numbers
    assert numbers is not None
    assert numbers.tolist() == [0.5, -1.25]
    assert LoggedPrediction.from_json(json.dumps({**values, "embedding": None})) == row()


@pytest.mark.parametrize("embedding", ["AAA", "AAAA", "not base64 ä", [0.5], 3])
def test_a_row_whose_embedding_is_none_is_refused(embedding: object) -> None:
    values = {**json.loads(row().to_json()), "embedding": embedding}
    with pytest.raises(ValueError, match=r"Expected|base64|padding|ASCII"):
        LoggedPrediction.from_json(json.dumps(values))


def test_a_row_of_before_with_a_number_that_no_float_holds_is_refused() -> None:
    values = {**json.loads(row().to_json()), "schema": 1, "embedding": [10**400]}
    with pytest.raises(ValueError, match="Expected a line of LoggedPrediction"):
        LoggedPrediction.from_json(json.dumps(values))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("label", 3),
        ("probabilities", [0.5]),
        ("probabilities", {"well": "0.5"}),
        ("positive", "well"),
        ("abstained", "no"),
        ("warnings", None),
        ("time", 1_700_000_000),
        ("model", "phantoms"),
        ("image", {"sha256": "a", "width": "512", "height": 4, "mean": 1.0, "standard_deviation": 1.0}),
        ("prediction_id", None),
    ],
)
def test_a_row_with_a_field_of_another_type_is_refused(field: str, value: object) -> None:
    values = {**json.loads(row().to_json()), field: value}
    with pytest.raises(ValueError, match=field):
        LoggedPrediction.from_json(json.dumps(values))


def test_a_row_holds_no_name_unless_it_is_given_one() -> None:
    values = json.loads(row().to_json())
    assert values["file_name"] is values["caller"] is values["embedding"] is None


def test_times_are_in_utc() -> None:
    later = datetime(2026, 3, 1, 13, tzinfo=timezone(timedelta(hours=1)))
    assert json.loads(row(time=later).to_json())["time"] == "2026-03-01T12:00:00+00:00"
    with pytest.raises(ValueError, match="zone"):
        row(time=datetime(2026, 3, 1))


def test_a_row_torn_at_any_byte_is_skipped(tmp_path: Path) -> None:
    log = writer(tmp_path)
    for number in range(3):
        log.append(row(number))
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    last = len(row(2).to_json()) + 1
    for cut in range(1, last + 1):
        file.write_bytes(whole[:-cut])
        assert list(read_prediction_log(tmp_path)) == [row(0), row(1)]


def test_damage_in_the_middle_costs_one_row_and_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    log = writer(tmp_path)
    for number in range(3):
        log.append(row(number))
    (file,) = tmp_path.iterdir()
    lines = file.read_bytes().split(b"\n")
    file.write_bytes(b"\n".join([lines[0], lines[1][:50], lines[2], b""]))
    assert list(read_prediction_log(tmp_path)) == [row(0), row(2)]
    assert "torn or damaged: 1" in caplog.text


@pytest.mark.parametrize(
    "line",
    ["[]", "3", "{}", '{"schema": 2}', '{"schema": 3}', "null", pytest.param("[" * 100_000, id="nested too deeply")],
)
def test_a_line_that_is_no_row_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="Expected"):
        LoggedPrediction.from_json(line)


def test_files_are_rotated_and_read_in_order(tmp_path: Path) -> None:
    log = writer(tmp_path, file_bytes=2000)
    rows = [row(number) for number in range(40)]
    for one in rows:
        log.append(one)
    files = list(tmp_path.iterdir())
    assert len(files) > 5
    assert all(file.stat().st_size < 2000 + 1000 for file in files)
    assert list(read_prediction_log(tmp_path)) == rows


def test_other_accounts_cannot_read_the_log(tmp_path: Path) -> None:
    log = writer(tmp_path)
    log.append(row())
    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o007 == 0


def _write_many(folder: Path, first: int, then_dies: bool) -> None:
    log = writer(folder, file_bytes=20_000)

    def write(start: int) -> None:
        for number in range(start, start + 50):
            assert log.append(row(number))

    threads = [threading.Thread(target=write, args=(first + 50 * number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if then_dies:
        os.kill(os.getpid(), signal.SIGKILL)


def test_several_processes_and_threads_lose_no_row_even_where_they_are_killed(tmp_path: Path) -> None:
    processes = [_SPAWN.Process(target=_write_many, args=(tmp_path, 200 * number, number > 0)) for number in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, -signal.SIGKILL, -signal.SIGKILL]
    found = [one.prediction_id for one in read_prediction_log(tmp_path)]
    assert sorted(found) == sorted(f"p{number}" for number in range(600))


def test_a_full_disk_breaks_nothing_and_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    log = writer(tmp_path)
    assert log.append(row(0))
    (file,) = tmp_path.iterdir()
    with files_limited_to(file.stat().st_size + 100):
        assert not log.append(row(1))
        assert not log.append(row(2))
    assert not log.is_writing
    assert log.lost == 2
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert list(read_prediction_log(tmp_path)) == [row(0)]


def test_writing_goes_on_when_the_disk_has_room_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("medimage.serving.line_log.writer.RETRY_SECONDS", 0.0)
    log = writer(tmp_path)
    assert log.append(row(0))
    (file,) = tmp_path.iterdir()
    with files_limited_to(file.stat().st_size + 100):
        assert not log.append(row(1))
    assert log.append(row(2))
    assert log.append(row(3))
    assert log.is_writing
    assert list(read_prediction_log(tmp_path)) == [row(0), row(2), row(3)]


def test_a_file_that_was_removed_is_followed_by_another(tmp_path: Path) -> None:
    log = writer(tmp_path)
    assert log.append(row(0))
    (file,) = tmp_path.iterdir()
    file.unlink()
    assert log.append(row(1))
    assert list(read_prediction_log(tmp_path)) == [row(1)]


def test_a_folder_that_was_removed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("medimage.serving.line_log.writer.RETRY_SECONDS", 0.0)
    log = writer(tmp_path / "logs")
    assert log.append(row(0))
    shutil.rmtree(tmp_path / "logs")
    assert not log.append(row(1))
    assert log.state == "failing"
    assert log.lost == 1
    (tmp_path / "logs").mkdir()
    assert log.append(row(2))
    assert log.state == "writing"
    assert list(read_prediction_log(tmp_path / "logs")) == [row(2)]


def test_a_folder_that_is_a_file_stops_the_start_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ServiceNotStartedError, match="MEDIMAGE_SERVE_PREDICTION_LOG"):
        writer(tmp_path / "file")


def test_a_folder_that_is_not_there_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="prediction log"):
        list(read_prediction_log(tmp_path / "nothing"))
