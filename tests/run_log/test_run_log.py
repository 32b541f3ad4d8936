"""Every line of a run's log is one JSON object that says what it is of, whoever wrote it, and holds no secret."""

import json
import logging
import multiprocessing
import sys
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import medimage
from medimage.data.sources.suffixes import ALL_IMAGE_SUFFIXES
from medimage.run_log.hidden_secrets import HiddenSecrets
from medimage.run_log.log_context import LogContext
from medimage.run_log.log_file import LogFileHandler
from medimage.run_log.notes import note
from medimage.run_log.run_log import LOG_FILE, hand_on_run_log, joined_run_log, run_log
from tests.support.disk import files_limited_to

CONTEXT = LogContext(run="train-1", run_id="abc", step="train_stage1")


@pytest.fixture(autouse=True)
def level() -> Any:
    root = logging.getLogger()
    before = root.level
    root.setLevel(logging.INFO)
    yield
    root.setLevel(before)


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / LOG_FILE).read_text().splitlines()]


def test_a_line_says_when_what_where_and_of_which_run(tmp_path: Path) -> None:
    with run_log(tmp_path, context=lambda: CONTEXT):
        logging.getLogger("timm.models").warning("no %s for\n%d layers", "weights", 3, extra={"layers": 3})
    first, line = lines(tmp_path)
    assert line["event"] == "no weights for\n3 layers"
    assert (line["level"], line["logger"], line["layers"]) == ("warning", "timm.models", 3)
    assert (line["run"], line["run_id"], line["step"]) == ("train-1", "abc", "train_stage1")
    assert line["version"] == medimage.__version__
    written = datetime.fromisoformat(line["time"])
    assert written.utcoffset() == timedelta(0)
    assert abs(datetime.now(tz=UTC) - written) < timedelta(minutes=1)
    assert "torch" in first["versions"]


def test_a_note_is_in_the_log_and_not_on_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    note("nobody listens", epoch=0)
    with run_log(tmp_path, context=lambda: CONTEXT):
        note("epoch ended", epoch=3, train_loss=float("nan"), is_best=True, note="https://me:hunter22@host")
    _, line = lines(tmp_path)
    assert (line["event"], line["epoch"], line["train_loss"], line["is_best"]) == ("epoch ended", 3, "nan", True)
    assert line["note"] == "https://***@host"
    assert line["step"] == "train_stage1"
    assert capsys.readouterr() == ("", "")


def test_warnings_of_libraries_and_errors_with_their_traceback_are_in_it(tmp_path: Path) -> None:
    # Where a library has had them captured before, pytest has taken that back, and a second call would do nothing.
    logging.captureWarnings(False)
    logging.captureWarnings(True)
    try:
        with run_log(tmp_path, context=lambda: CONTEXT), warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("old interface", UserWarning, stacklevel=1)
            try:
                raise ValueError("at postgresql://me:hunter22@host/db")
            except ValueError:
                logging.getLogger("zenml").exception("It failed")
    finally:
        logging.captureWarnings(False)
    _, warned, failed = lines(tmp_path)
    assert "old interface" in warned["event"]
    assert warned["logger"] == "py.warnings"
    assert "ValueError" in failed["exception"]
    assert "hunter22" not in json.dumps(failed)


def test_nothing_is_logged_after_the_run_is_over(tmp_path: Path) -> None:
    with run_log(tmp_path, context=lambda: CONTEXT):
        pass
    logging.getLogger("late").warning("too late")
    assert len(lines(tmp_path)) == 1


def test_a_folder_that_cannot_be_made_does_not_keep_the_run_from_going_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    with run_log(tmp_path / "file" / "run", context=lambda: CONTEXT):
        logging.getLogger("x").warning("goes on")
    assert "There is no log of this run" in caplog.text


def test_a_full_disk_loses_lines_tells_it_once_and_ends_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    handler = LogFileHandler(tmp_path / "log")
    record = logging.LogRecord("x", logging.INFO, "", 0, "y" * 400, (), None)
    with files_limited_to(1000):
        for _ in range(5):
            handler.emit(record)
    handler.close()
    assert capsys.readouterr().err.count("lacks lines from here on") == 1


def write_many(rank: int, count: int) -> None:
    with joined_run_log(rank=rank):
        logging.getLogger().setLevel(logging.INFO)
        for number in range(count):
            logging.getLogger("worker").info("%d %s", number, "x" * 2000)


def test_lines_of_several_processes_stay_whole_and_say_whose_they_are(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    with run_log(tmp_path, context=lambda: CONTEXT):
        hand_on_run_log()
        workers = [context.Process(target=write_many, args=(rank, 200)) for rank in range(3)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    # What is forked has the handler of this process as well: only those lines count that have a rank.
    ranked = [line for line in lines(tmp_path) if "rank" in line]
    assert {line["rank"]: line["run"] for line in ranked} == dict.fromkeys(range(3), "train-1")
    assert len(ranked) == 600
    assert {line["step"] for line in ranked} == {"train_stage1"}
    assert len({line["process"] for line in ranked}) == 3


SECRET = {"MLFLOW_TRACKING_PASSWORD": "s3cr3t-value", "AWS_SECRET_ACCESS_KEY": "s3cr3t-value-longer", "DB_TOKEN": "1"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("asked with s3cr3t-value-longer", "asked with ***"),
        ("https://me:pass@host/x?token=abc 1", "https://***@host/x?token=*** 1"),
        ("Left out images/Smith_John/scan 1.png of it", "Left out ***.png of it"),
        ("'Smith, John 1970.dcm' cannot be read", "***.dcm cannot be read"),
        ('in "a b/Smith.nii.gz": why', "in ***.nii.gz: why"),
        ("no answer on a/John Smith 2 b.dcm and c/d.png", "no answer on ***.dcm and ***.png"),
        ("file=Smith.JPEG, 3 of 4", "file=***.JPEG, 3 of 4"),
        ("left out Doe,Jane(2).jp2 again", "left out ***.jp2 again"),
        ("wrote report.html and model.onnx in 1.5 s", "wrote report.html and model.onnx in 1.5 s"),
    ],
)
def test_credentials_and_names_of_images_are_hidden(text: str, expected: str) -> None:
    assert HiddenSecrets(SECRET).hide(text) == expected


@pytest.mark.parametrize("suffix", ALL_IMAGE_SUFFIXES)
def test_a_name_is_hidden_whatever_kind_of_image_it_is_of(suffix: str) -> None:
    for name in (f"'Jane Doe (2){suffix}'", f"Doe(Jane){suffix}", f"of/Jane Doe/x{suffix.upper()}"):
        told = HiddenSecrets({}).hide(f"cannot read {name} here")
        assert "Doe" not in told, told
        assert suffix in told.lower()


@given(
    before=st.text(max_size=20),
    after=st.text(max_size=20),
    name=st.sampled_from(("MLFLOW_TRACKING_PASSWORD", "AWS_SECRET_ACCESS_KEY")),
)
def test_the_value_of_a_secret_variable_never_stands_in_a_line(before: str, after: str, name: str) -> None:
    assert SECRET[name] not in HiddenSecrets(SECRET).hide(f"{before}{SECRET[name]}{after}")


def test_a_line_that_a_full_disk_cut_off_takes_no_other_line_with_it(tmp_path: Path) -> None:
    handler = LogFileHandler(tmp_path / LOG_FILE)
    try:
        with files_limited_to(10):
            handler.emit(logging.makeLogRecord({"msg": "a" * 40}))
        handler.emit(logging.makeLogRecord({"msg": "whole"}))
    finally:
        handler.close()
    assert (tmp_path / LOG_FILE).read_text().splitlines() == ["a" * 10, "whole"]
