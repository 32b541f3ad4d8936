import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import torch as safetensors

from medimage.config.augmentation import AugmentationConfig
from medimage.config.model import ModelConfig
from medimage.config.schedule import ScheduleConfig
from medimage.config.stage import StageConfig
from medimage.models.build import load_network
from medimage.models.inference import predict_logits
from medimage.models.trained_model import TrainedModel
from tests.support.trained_stages import TRAIN, VALIDATION, run
from tests.support.training import SMALL, bright_quarters, short_recipe, statistics


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


@pytest.mark.proof
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
    starred = [epoch.epoch for epoch in trained.history.epochs if epoch.is_best]
    assert max(starred, default=0) == record.best_epoch


def test_a_recipe_that_takes_the_last_weights_hands_them_on_however_they_are_validated() -> None:
    ruin = StageConfig(epochs=2, optimizer="sgd", learning_rate=10.0, selection="last")
    after = run(2, short_recipe(stage2=ruin, gradient_clip=1.0), previous=run(1, short_recipe()))
    assert after.weights == after.last_weights
    assert after.history.stages[-1].best_epoch == 2


@pytest.mark.parametrize("weight_average", [None, 0.9])
def test_stage_with_frozen_batch_norm_hands_on_the_statistics_that_it_was_given(weight_average: float | None) -> None:
    # A fresh network has scales of zero, behind which nothing is trained.
    given = run(1, short_recipe(stage1=StageConfig(epochs=1, trainable="all", learning_rate=1e-2, selection="last")))
    stage = StageConfig(epochs=2, learning_rate=1e-2, batch_norm="frozen", selection="last")
    after = run(2, short_recipe(stage2=stage, weight_average=weight_average), previous=given)
    before, trained = safetensors.load(given.weights), safetensors.load(after.weights)
    of_batch_norm = {key.rpartition(".")[0] for key in before if key.endswith("running_mean")}
    assert len(of_batch_norm) > 10
    for key, value in before.items():
        assert torch.equal(value, trained[key]) is (key.rpartition(".")[0] in of_batch_norm), key


def test_stage_that_makes_nothing_better_keeps_the_state_before_it() -> None:
    good = run(1, short_recipe(stage1=StageConfig(epochs=4, trainable="all", learning_rate=5e-3)))
    ruin = short_recipe(stage2=StageConfig(epochs=1, optimizer="sgd", learning_rate=50.0), gradient_clip=1.0)
    after = run(2, ruin, previous=good)
    assert after.history.stages[-1].best_epoch == 0
    assert not any(epoch.is_best for epoch in after.history.epochs if epoch.stage == 2)
    assert after.weights == good.weights
    assert after.last_weights != good.weights


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
