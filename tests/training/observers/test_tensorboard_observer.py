import dataclasses
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from medimage.training.observers.tensorboard_observer import TensorBoardObserver
from tests.support.observed_stage import EPOCH, START


def scalars(folder: Path, tag: str) -> list[tuple[int, float]]:
    events = EventAccumulator(str(folder))
    events.Reload()
    return [(event.step, event.value) for event in events.Scalars(tag)]


def test_scalars_of_every_epoch_can_be_read_back(tmp_path: Path) -> None:
    observer = TensorBoardObserver(tmp_path, first_epoch=5)
    observer.on_stage_start(START)
    for number in (1, 2):
        observer.on_epoch_end(
            dataclasses.replace(
                EPOCH,
                epoch=number,
                train_loss=1 / number,
                validation_auroc=0.75,
                images_per_second=40.0,
                hardware={"cpu_percent_mean": 99.0},
            )
        )
    observer.close()
    assert scalars(tmp_path, "loss/train") == [(6, 1.0), (7, 0.5)]
    assert scalars(tmp_path, "auroc/validation") == [(6, 0.75), (7, 0.75)]
    assert scalars(tmp_path, "accuracy/validation")[0][1] == pytest.approx(0.9)
    assert scalars(tmp_path, "learning_rate/backbone")[0][1] == pytest.approx(5e-6)
    assert scalars(tmp_path, "system/images_per_second")[0][1] == 40.0
    assert scalars(tmp_path, "system/cpu_percent_mean")[0][1] == 99.0


def test_epochs_of_a_resumed_stage_are_there_once(tmp_path: Path) -> None:
    earlier = TensorBoardObserver(tmp_path)
    earlier.on_stage_start(dataclasses.replace(START, stage=1))
    earlier.on_epoch_end(dataclasses.replace(EPOCH, epoch=1, train_loss=8.0))
    earlier.close()
    killed = TensorBoardObserver(tmp_path, first_epoch=1)
    killed.on_stage_start(START)
    for number in (1, 2):
        killed.on_epoch_end(dataclasses.replace(EPOCH, epoch=number, train_loss=4.0))
    resumed = TensorBoardObserver(tmp_path, first_epoch=1)
    resumed.on_stage_start(dataclasses.replace(START, finished=(dataclasses.replace(EPOCH, epoch=1, train_loss=4.0),)))
    resumed.on_epoch_end(dataclasses.replace(EPOCH, epoch=2, train_loss=2.0))
    resumed.close()
    assert scalars(tmp_path, "loss/train") == [(1, 8.0), (2, 4.0), (3, 2.0)]


def test_folder_that_cannot_be_written_to_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(OSError, match="file"):
        TensorBoardObserver(tmp_path / "file" / "events").on_stage_start(START)
