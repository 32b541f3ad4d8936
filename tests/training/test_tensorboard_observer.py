import dataclasses
import logging
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from medimage.training.tensorboard_observer import TensorBoardObserver
from tests.training.test_console_observer import EPOCH, START


def test_scalars_of_every_epoch_can_be_read_back(tmp_path: Path) -> None:
    observer = TensorBoardObserver(tmp_path, first_epoch=5)
    observer.on_stage_start(START)
    for number in (1, 2):
        observer.on_epoch_end(dataclasses.replace(EPOCH, epoch=number, train_loss=1 / number))
    observer.close()
    events = EventAccumulator(str(tmp_path))
    events.Reload()
    assert [(event.step, event.value) for event in events.Scalars("loss/train")] == [(6, 1.0), (7, 0.5)]
    assert events.Scalars("accuracy/validation")[0].value == pytest.approx(0.9)
    assert events.Scalars("learning_rate/backbone")[0].value == pytest.approx(5e-6)


def test_folder_that_cannot_be_written_to_is_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("not a folder")
    observer = TensorBoardObserver(tmp_path / "file" / "events")
    with caplog.at_level(logging.WARNING):
        observer.on_stage_start(START)
        observer.on_epoch_end(EPOCH)
        observer.close()
    assert "training goes on" in caplog.text
