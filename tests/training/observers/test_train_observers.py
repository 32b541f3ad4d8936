import pytest
import safetensors.torch
import torch

from medimage.config.augmentation import AugmentationConfig
from medimage.config.stage import StageConfig
from medimage.models.history import EpochRecord, StageRecord
from medimage.training.observers.observer import StageStart, TrainingObserver
from tests.support.trained_stages import run
from tests.support.training import short_recipe


class Recorder(TrainingObserver):
    """Keeps everything it is told."""

    def __init__(self) -> None:
        self.starts: list[StageStart] = []
        self.passes: dict[str, list[tuple[int, int]]] = {}
        self.epochs: list[EpochRecord] = []
        self.stages: list[StageRecord] = []
        self.closed = 0

    def on_stage_start(self, start: StageStart) -> None:
        self.starts.append(start)

    def on_pass_start(self, title: str) -> None:
        self.passes[title] = []

    def on_batch(self, done: int, total: int) -> None:
        self.passes[list(self.passes)[-1]].append((done, total))

    def on_epoch_end(self, record: EpochRecord) -> None:
        self.epochs.append(record)

    def on_stage_end(self, record: StageRecord) -> None:
        self.stages.append(record)

    def close(self) -> None:
        self.closed += 1


def test_observers_are_told_everything_in_order() -> None:
    recorder = Recorder()
    recipe = short_recipe(
        stage1=StageConfig(epochs=2, trainable="head", learning_rate=1e-3),
        augmentation=AugmentationConfig(horizontal_flip=0.5),
    )
    trained = run(1, recipe, observers=[recorder])
    (start,) = recorder.starts
    head = sum(value.numel() for key, value in safetensors.torch.load(trained.weights).items() if "head." in key)
    assert (start.trainable_parameters, start.parameters) == (head, trained.parameters)
    assert start.learning_rates == {"head": 1e-3}
    assert (start.batch_size, start.precision, start.device) == (8, "fp32", "cpu")
    assert list(recorder.passes) == ["features of the validation images", "before training", "epoch 1/2", "epoch 2/2"]
    # 48 training images and 24 validation images in batches of 8.
    assert recorder.passes["epoch 2/2"] == [(batch, 9) for batch in range(1, 10)]
    assert tuple(recorder.epochs) == trained.history.epochs
    assert tuple(recorder.stages) == trained.history.stages
    assert recorder.closed == 1


def test_interruption_comes_through_and_observers_are_closed() -> None:
    class Interrupting(Recorder):
        def on_batch(self, done: int, total: int) -> None:
            super().on_batch(done, total)
            if "epoch 1/1" in self.passes:
                raise KeyboardInterrupt

    observer = Interrupting()
    with pytest.raises(KeyboardInterrupt):
        run(2, short_recipe(), observers=[observer])
    assert observer.closed == 1
    assert not torch.are_deterministic_algorithms_enabled()
