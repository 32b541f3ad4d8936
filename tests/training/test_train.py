import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch

from medimage.config.model import ModelConfig
from medimage.config.training import (
    AugmentationConfig,
    EarlyStoppingConfig,
    ScheduleConfig,
    StageConfig,
    TrainingConfig,
)
from medimage.errors import ConfigurationError, TrainingError
from medimage.models.build import load_network
from medimage.models.history import EpochRecord, StageRecord, TrainingHistory
from medimage.models.inference import predict_logits
from medimage.models.trained_model import TrainedModel
from medimage.training.observer import StageStart, TrainingObserver
from medimage.training.train import is_skipped, train_stage
from tests.support.training import SMALL, bright_quarters, short_recipe, statistics

TRAIN, VALIDATION = bright_quarters(48, seed=1), bright_quarters(24, seed=2)


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


def run(stage: int, recipe: TrainingConfig, **changes: Any) -> TrainedModel:
    arguments: dict[str, Any] = {
        "model": SMALL,
        "training": recipe,
        "seed": 7,
        "train": TRAIN,
        "validation": VALIDATION,
        "normalization": statistics(),
        "batch_size": 8,
    }
    return train_stage(stage=stage, **{**arguments, **changes})  # type: ignore[arg-type]


def initial(**changes: Any) -> TrainedModel:
    """Returns the model before any training."""
    return run(2, short_recipe(strategy="head_only"), **changes)


def backbone(weights: bytes) -> dict[str, torch.Tensor]:
    return {key: value for key, value in safetensors.torch.load(weights).items() if key.startswith("backbone.")}


def assert_states_equal(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> None:
    assert first.keys() == second.keys()
    for key, value in first.items():
        assert torch.equal(value, second[key]), key


@pytest.mark.parametrize("augmentation", [AugmentationConfig(), AugmentationConfig(horizontal_flip=0.5)])
def test_stage_1_leaves_the_backbone_bit_equal_and_moves_the_head(augmentation: AugmentationConfig) -> None:
    before, after = initial(), run(1, short_recipe(augmentation=augmentation))
    assert_states_equal(backbone(before.weights), backbone(after.last_weights))
    assert not torch.equal(
        safetensors.torch.load(before.weights)["head.0.weight"],
        safetensors.torch.load(after.last_weights)["head.0.weight"],
    )


def test_stage_2_moves_the_backbone_and_its_batch_norm_statistics() -> None:
    before, after = backbone(initial().weights), backbone(run(2, short_recipe()).last_weights)
    assert not torch.equal(before["backbone.conv1.0.weight"], after["backbone.conv1.0.weight"])
    assert not torch.equal(before["backbone.bn1.running_mean"], after["backbone.bn1.running_mean"])


def test_last_blocks_alone_are_trained_where_the_recipe_says_so() -> None:
    recipe = short_recipe(stage2=StageConfig(epochs=1, trainable=1, learning_rate=1e-2))
    before, after = backbone(initial().weights), backbone(run(2, recipe).last_weights)
    changed = {key.split(".")[1] for key, value in before.items() if not torch.equal(value, after[key])}
    assert changed == {"layer4"}


def test_small_easy_set_is_learnt() -> None:
    recipe = short_recipe(
        stage1=StageConfig(epochs=2, trainable="head", optimizer="adam", learning_rate=1e-2),
        stage2=StageConfig(epochs=6, learning_rate=5e-3, schedule=ScheduleConfig(name="cosine")),
        augmentation=AugmentationConfig(vertical_flip=0.5, rotation=5, brightness=0.1),
    )
    trained = run(2, recipe, previous=run(1, recipe))
    unseen = bright_quarters(60, seed=3)
    logits = predict_logits(load_network(trained), unseen.pixels, batch_size=20, device=torch.device("cpu"))
    assert (logits.argmax(axis=1) == unseen.labels).mean() > 0.9
    assert max(epoch.validation_accuracy for epoch in trained.history.epochs) > 0.9


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_two_runs_are_bit_equal(precision: str) -> None:
    recipe = short_recipe(
        precision=precision, augmentation=AugmentationConfig(horizontal_flip=0.5, rotation=10, contrast=0.2)
    )
    model = ModelConfig(**{**SMALL.model_dump(), "head": "medical"})

    few = TRAIN.take(np.arange(16))

    def both_stages(seed: int) -> TrainedModel:
        first = run(1, recipe, model=model, seed=seed, train=few, validation=few)
        return run(2, recipe, model=model, seed=seed, train=few, validation=few, previous=first)

    first, second, other = both_stages(7), both_stages(7), both_stages(8)
    assert first.last_weights == second.last_weights
    assert first.weights == second.weights
    assert first.last_weights != other.last_weights


def test_learning_rates_follow_the_recipe() -> None:
    schedule = ScheduleConfig(name="cosine", minimum=1e-7)
    recipe = short_recipe(
        stage2=StageConfig(epochs=3, learning_rate=3e-3, backbone_learning_rate=5e-4, schedule=schedule)
    )
    epochs = run(2, recipe, previous=run(1, recipe)).history.epochs
    assert [(epoch.stage, epoch.epoch) for epoch in epochs] == [(1, 1), (2, 1), (2, 2), (2, 3)]
    assert (epochs[0].head_learning_rate, epochs[0].backbone_learning_rate) == (1e-2, 0.0)
    cosine = (1 + np.cos(np.pi * np.arange(3) / 3)) / 2
    assert [epoch.head_learning_rate for epoch in epochs[1:]] == pytest.approx(1e-7 + (3e-3 - 1e-7) * cosine)
    assert [epoch.backbone_learning_rate for epoch in epochs[1:]] == pytest.approx(1e-7 + (5e-4 - 1e-7) * cosine)


def test_best_weights_are_those_of_the_best_validation_accuracy() -> None:
    recipe = short_recipe(stage2=StageConfig(epochs=4, learning_rate=2e-2))
    trained = run(2, recipe)
    record = trained.history.stages[-1]
    logits = predict_logits(load_network(trained), VALIDATION.pixels, batch_size=8, device=torch.device("cpu"))
    accuracy = (logits.argmax(axis=1) == VALIDATION.labels).mean()
    by_epoch = {epoch.epoch: epoch.validation_accuracy for epoch in trained.history.epochs}
    assert accuracy >= max(by_epoch.values())
    if record.best_epoch:
        assert accuracy == pytest.approx(by_epoch[record.best_epoch])


def test_stage_that_makes_nothing_better_keeps_the_state_before_it() -> None:
    good = run(1, short_recipe(stage1=StageConfig(epochs=4, trainable="all", learning_rate=5e-3)))
    ruin = short_recipe(stage2=StageConfig(epochs=1, optimizer="sgd", learning_rate=50.0), gradient_clip=1.0)
    after = run(2, ruin, previous=good)
    assert after.history.stages[-1].best_epoch == 0
    assert after.weights == good.weights
    assert after.last_weights != good.weights


def test_stage_stops_early() -> None:
    stopping = EarlyStoppingConfig(monitor="validation_accuracy", patience=1, min_delta=1.0)
    trained = run(2, short_recipe(stage2=StageConfig(epochs=9, learning_rate=1e-6, early_stopping=stopping)))
    assert len(trained.history.epochs) == 2
    assert trained.history.stages[0].stopped_early


@pytest.mark.parametrize(
    ("strategy", "skipped"), [("two_stage", (False, False)), ("head_only", (False, True)), ("full", (True, False))]
)
def test_strategy_decides_which_stages_are_skipped(strategy: str, skipped: tuple[bool, bool]) -> None:
    recipe = short_recipe(strategy=strategy)
    assert (is_skipped(1, recipe), is_skipped(2, recipe)) == skipped


def test_skipped_stages_pass_the_model_on_unchanged() -> None:
    head_only = short_recipe(strategy="head_only")
    first = run(1, head_only)
    assert run(2, head_only, previous=first) is first
    untrained = run(1, short_recipe(strategy="full"))
    assert untrained.history == TrainingHistory()
    assert untrained.weights == untrained.last_weights == initial().weights


def test_stage_without_epochs_is_skipped() -> None:
    assert run(1, short_recipe(stage1=StageConfig(epochs=0))).history == TrainingHistory()


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


def test_cached_features_give_what_the_whole_network_gives() -> None:
    # No identity to the recipe, so nothing is cached, and yet no image changes by more than rounding.
    nothing = AugmentationConfig(brightness=1e-9)
    stage1 = StageConfig(epochs=2, trainable="head", learning_rate=1e-2)
    cached = run(1, short_recipe(stage1=stage1))
    whole = run(1, short_recipe(stage1=stage1, augmentation=nothing))
    for first, second in zip(cached.history.epochs, whole.history.epochs, strict=True):
        assert first.train_loss == pytest.approx(second.train_loss, rel=1e-3)
        assert first.validation_loss == pytest.approx(second.validation_loss, rel=1e-3)


def test_memory_mapped_pixels_train_as_resident_ones_do(tmp_path: Path) -> None:
    np.save(tmp_path / "pixels.npy", TRAIN.pixels)
    mapped = dataclasses.replace(TRAIN, pixels=np.load(tmp_path / "pixels.npy", mmap_mode="r"))
    assert run(2, short_recipe(), train=mapped).weights == run(2, short_recipe()).weights


def test_single_image_left_over_does_not_stop_batch_norm() -> None:
    # 41 images in batches of 8; at 32 pixels the last feature map of this network is one pixel.
    odd = TRAIN.take(np.arange(41))
    assert run(2, short_recipe(), train=odd).history.epochs


def test_colour_images_with_class_weights_and_accumulation_are_trained_on() -> None:
    classes = ("a", "b", "c")
    train, validation = (bright_quarters(30, seed=seed, channels=3, classes=classes) for seed in (1, 2))
    recipe = short_recipe(
        class_weights="auto", accumulation=2, gradient_clip=1.0, augmentation=AugmentationConfig(saturation=0.2)
    )
    trained = run(2, recipe, train=train, validation=validation, normalization=statistics(channels=3))
    assert trained.spec.classes == classes
    assert trained.spec.channels == 3


def test_history_survives_json() -> None:
    history = run(1, short_recipe()).history
    assert TrainingHistory.from_dict(json.loads(json.dumps(history.to_dict()))) == history


def test_loss_that_is_not_finite_is_explained() -> None:
    recipe = short_recipe(stage2=StageConfig(epochs=2, optimizer="sgd", learning_rate=1e30))
    with pytest.raises(TrainingError, match=r"epoch \d of stage 2.*learning rate that is too high \(head 1e\+30"):
        run(2, recipe)


def test_one_class_alone_is_refused() -> None:
    only = TRAIN.take(np.flatnonzero(TRAIN.labels == 0))
    with pytest.raises(TrainingError, match=r"at least two classes but got 24 images, all of \['left'\]"):
        run(1, short_recipe(), train=only)


def test_batch_larger_than_the_set_is_refused() -> None:
    with pytest.raises(TrainingError, match=r"batch size is 64 but there are only 48.*at most 48"):
        run(1, short_recipe(), batch_size=64)


def test_empty_validation_set_is_refused() -> None:
    with pytest.raises(TrainingError, match="validation images to choose the best epoch on"):
        run(1, short_recipe(), validation=VALIDATION.take(np.arange(0)))


def test_images_of_another_size_are_refused() -> None:
    with pytest.raises(TrainingError, match=r"validation images of shape \[32, 32, 1\].*\[16, 16, 1\]"):
        run(1, short_recipe(), validation=bright_quarters(8, seed=0, size=16))


def test_stage_on_another_network_is_refused() -> None:
    other = ModelConfig(**{**SMALL.model_dump(), "head": "dense"})
    with pytest.raises(TrainingError, match="head: linear before, dense now"):
        run(2, short_recipe(), model=other, previous=initial())


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has the device that the test misses")
def test_absent_device_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"training\.device"):
        run(1, short_recipe(device="cuda"))
