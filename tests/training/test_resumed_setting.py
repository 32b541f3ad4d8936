"""A training goes on in the setting that it had come to: what failed before is not tried once more."""

import dataclasses
import logging
from collections.abc import Sequence
from pathlib import Path

import pytest
import safetensors.torch
from torch import Tensor

from medimage.config.stage import StageConfig
from medimage.config.training import PrecisionName, TrainingConfig
from medimage.models.history import EpochRecord
from medimage.models.trained_model import TrainedModel
from medimage.training.checkpointing.checkpoint_store import CheckpointFolder
from medimage.training.inputs.training_inputs import AugmentedImages
from medimage.training.observers.observer import TrainingObserver
from tests.support.trained_stages import initial, run
from tests.support.training import short_recipe

EPOCHS = 4


class InterruptedAfterTwo(TrainingObserver):
    """Presses Ctrl-C after the second epoch."""

    def on_epoch_end(self, record: EpochRecord) -> None:
        if record.epoch == 2:
            raise KeyboardInterrupt


def recipe(precision: PrecisionName) -> TrainingConfig:
    return short_recipe(precision=precision, stage2=StageConfig(epochs=EPOCHS, optimizer="sgd", learning_rate=1e-6))


def train(
    precision: PrecisionName,
    *,
    previous: TrainedModel,
    folder: Path | None = None,
    observers: Sequence[TrainingObserver] = (),
) -> TrainedModel:
    checkpoints = None if folder is None else CheckpointFolder(folder)
    return run(2, recipe(precision), previous=previous, checkpoints=checkpoints, observers=observers)


def with_head(*, factor: float = 1.0, offset: float = 0.0) -> TrainedModel:
    before = initial()
    state = safetensors.torch.load(before.weights)
    state["head.0.weight"] *= factor
    state["head.0.bias"] += offset
    return dataclasses.replace(before, weights=safetensors.torch.save(state))


@pytest.mark.proof
def test_after_a_fall_back_to_fp32_training_goes_on_in_fp32(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    # Logits beyond the largest number of fp16, 65504.
    previous = with_head(offset=1e5)
    undisturbed = train("fp16", previous=previous)
    with pytest.raises(KeyboardInterrupt):
        train("fp16", previous=previous, folder=tmp_path, observers=[InterruptedAfterTwo()])
    caplog.clear()
    with caplog.at_level(logging.WARNING, logger="medimage"):
        resumed = train("fp16", previous=previous, folder=tmp_path)
    assert "fp32" not in caplog.text
    assert resumed.history.stages[-1].precision == "fp32"
    assert resumed.last_weights == undisturbed.last_weights


def test_the_scale_of_small_numbers_is_gone_on_with(tmp_path: Path) -> None:
    # Gradients that overflow with the scale that fp16 begins with, so that the first steps are left out.
    previous = with_head(factor=30)
    undisturbed = train("fp16", previous=previous)
    with pytest.raises(KeyboardInterrupt):
        train("fp16", previous=previous, folder=tmp_path, observers=[InterruptedAfterTwo()])
    resumed = train("fp16", previous=previous, folder=tmp_path)
    assert resumed.history.stages[-1].precision == "fp16"
    assert resumed.last_weights == undisturbed.last_weights


@pytest.mark.proof
def test_batches_that_were_halved_stay_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    previous = initial()
    classify = AugmentedImages.classify
    largest: list[int] = []

    def on_a_small_machine(self: AugmentedImages, inputs: Tensor) -> Tensor:
        largest.append(len(inputs))
        if len(inputs) > 4:
            raise MemoryError
        return classify(self, inputs)

    monkeypatch.setattr(AugmentedImages, "classify", on_a_small_machine)
    undisturbed = train("fp32", previous=previous)
    with pytest.raises(KeyboardInterrupt):
        train("fp32", previous=previous, folder=tmp_path, observers=[InterruptedAfterTwo()])
    caplog.clear()
    largest.clear()
    with caplog.at_level(logging.WARNING, logger="medimage"):
        resumed = train("fp32", previous=previous, folder=tmp_path)
    assert max(largest) == 4
    assert caplog.messages == []
    assert resumed.history.stages[-1].batch_size == 4
    assert resumed.last_weights == undisturbed.last_weights
