import csv
import dataclasses
from pathlib import Path
from typing import Any

import pytest

from medimage.errors import StorageError
from medimage.training.observers.csv_observer import CsvObserver
from tests.support.observed_stage import EPOCH, START


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "stage2.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def epoch(number: int, **changes: Any):
    return dataclasses.replace(EPOCH, epoch=number, **changes)


def test_a_stage_is_a_file_with_named_columns_and_a_line_per_epoch(tmp_path: Path) -> None:
    observer = CsvObserver(tmp_path / "runs" / "lung")
    observer.on_stage_start(START)
    observer.on_epoch_end(epoch(1, train_loss=0.125, validation_auroc=0.9))
    assert [row["epoch"] for row in rows(tmp_path / "runs" / "lung")] == ["1"]
    observer.on_epoch_end(epoch(2, hardware={"cpu_percent_peak": 99.5}))
    first, second = rows(tmp_path / "runs" / "lung")
    assert (first["stage"], float(first["train_loss"]), float(first["validation_auroc"])) == ("2", 0.125, 0.9)
    assert (second["epoch"], second["validation_auroc"], second["cpu_percent_peak"]) == ("2", "", "99.5")
    assert first["cpu_percent_peak"] == ""
    assert [file.name for file in (tmp_path / "runs" / "lung").iterdir()] == ["stage2.csv"]


def test_a_resumed_stage_has_every_epoch_once(tmp_path: Path) -> None:
    interrupted = CsvObserver(tmp_path)
    interrupted.on_stage_start(START)
    for number in (1, 2, 3):
        interrupted.on_epoch_end(epoch(number, train_loss=number))
    # The process was killed after epoch 3 was written and before its checkpoint was: epoch 3 runs again.
    resumed = CsvObserver(tmp_path)
    resumed.on_stage_start(dataclasses.replace(START, finished=(epoch(1, train_loss=1), epoch(2, train_loss=2))))
    resumed.on_epoch_end(epoch(3, train_loss=30))
    resumed.on_epoch_end(epoch(4, train_loss=4))
    assert [(row["epoch"], float(row["train_loss"])) for row in rows(tmp_path)] == [
        ("1", 1.0),
        ("2", 2.0),
        ("3", 30.0),
        ("4", 4.0),
    ]


def test_a_run_that_starts_anew_does_not_keep_the_lines_of_the_one_before(tmp_path: Path) -> None:
    for losses in ((1.0, 2.0, 3.0), (5.0,)):
        observer = CsvObserver(tmp_path)
        observer.on_stage_start(START)
        for number, loss in enumerate(losses, start=1):
            observer.on_epoch_end(epoch(number, train_loss=loss))
    assert [float(row["train_loss"]) for row in rows(tmp_path)] == [5.0]


def test_folder_that_cannot_be_made_and_file_that_cannot_be_written_are_errors(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(OSError, match="file"):
        CsvObserver(tmp_path / "file").on_stage_start(START)
    (tmp_path / "stage2.csv").mkdir()
    observer = CsvObserver(tmp_path)
    observer.on_stage_start(START)
    with pytest.raises(StorageError, match=r"stage2\.csv cannot be written"):
        observer.on_epoch_end(EPOCH)
