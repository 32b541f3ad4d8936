"""Stages on sampled, mixed and kept inputs."""

import dataclasses
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medimage.config.augmentation import AugmentationConfig
from medimage.config.mixing import MixingConfig
from medimage.config.stage import StageConfig
from medimage.config.training import TrainingConfig
from medimage.data.labelled_pixels import LabelledPixels
from medimage.errors import TrainingError
from medimage.models.trained_model import TrainedModel
from medimage.training.observers.observer import TrainingObserver
from medimage.training.train import train_stage
from tests.support.training import SMALL, bright_quarters, short_recipe, statistics

TRAIN, VALIDATION = bright_quarters(24, seed=1), bright_quarters(12, seed=2)
CHANGES = AugmentationConfig(horizontal_flip=0.5, rotation=10, contrast=0.2)
HEAD = StageConfig(epochs=5, trainable="head", optimizer="adam", learning_rate=1e-2)


class Passes(TrainingObserver):
    """Remembers which passes there were."""

    def __init__(self) -> None:
        self.titles: list[str] = []

    def on_pass_start(self, title: str) -> None:
        self.titles.append(title)


def run(stage: int, recipe: TrainingConfig, *, train: LabelledPixels = TRAIN, **changes: Any) -> TrainedModel:
    arguments: dict[str, Any] = {
        "model": SMALL,
        "training": recipe,
        "seed": 7,
        "validation": VALIDATION,
        "normalization": statistics(),
        "batch_size": 8,
    }
    return train_stage(stage=stage, train=train, **{**arguments, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("stage", "settings"),
    [
        pytest.param(2, {"sampling": "balanced"}, marks=pytest.mark.proof),
        (2, {"mixing": MixingConfig(mixup=0.4, cutmix=1.0, probability=0.7)}),
        pytest.param(
            1,
            {"stage1": HEAD.model_copy(update={"feature_views": 2}), "augmentation": CHANGES},
            marks=pytest.mark.proof,
        ),
    ],
)
def test_same_seed_gives_the_same_weights_also_from_a_file(
    stage: int, settings: dict[str, Any], tmp_path: Path
) -> None:
    np.save(tmp_path / "pixels.npy", TRAIN.pixels)
    mapped = dataclasses.replace(TRAIN, pixels=np.load(tmp_path / "pixels.npy", mmap_mode="r"))
    recipe = short_recipe(**settings)
    first, second, of_file = run(stage, recipe), run(stage, recipe), run(stage, recipe, train=mapped)
    assert first.last_weights == second.last_weights == of_file.last_weights
    assert first.last_weights != run(stage, recipe, seed=8).last_weights
    assert first.last_weights != run(stage, short_recipe(augmentation=recipe.augmentation)).last_weights


def test_views_are_computed_when_an_epoch_first_takes_them() -> None:
    passes = Passes()
    stage1 = HEAD.model_copy(update={"feature_views": 2})
    run(1, short_recipe(stage1=stage1, augmentation=CHANGES), observers=[passes])
    kept = [f"features of the training images, view {view} of 2" for view in (1, 2)]
    epochs = [f"epoch {epoch}/5" for epoch in range(1, 6)]
    assert passes.titles[-7:] == [kept[0], epochs[0], kept[1], *epochs[1:]]


def test_mixed_images_are_learnt_and_their_accuracy_is_a_share() -> None:
    recipe = short_recipe(
        stage2=StageConfig(epochs=6, learning_rate=5e-3), mixing=MixingConfig(mixup=0.2), label_smoothing=0.0
    )
    epochs = run(2, recipe, train=bright_quarters(48, seed=1)).history.epochs
    assert all(0 <= epoch.train_accuracy <= 1 for epoch in epochs)
    assert epochs[-1].train_accuracy > 0.8
    assert epochs[-1].validation_accuracy > 0.9


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_thread_that_reads_ahead_ends_with_an_epoch_that_is_broken_off(
    error: type[BaseException], tmp_path: Path
) -> None:
    class Breaking(TrainingObserver):
        def on_batch(self, done: int, total: int) -> None:
            if total > 3 and done == 2:
                assert "medimage-prefetch" in {thread.name for thread in threading.enumerate()}
                raise error

    data = bright_quarters(80, seed=1)
    np.save(tmp_path / "pixels.npy", data.pixels)
    mapped = dataclasses.replace(data, pixels=np.load(tmp_path / "pixels.npy", mmap_mode="r"))
    with pytest.raises(error) as caught:
        run(2, short_recipe(), train=mapped, batch_size=4, observers=[Breaking()])
    # The traceback, which holds on to the epoch's local variables, is still there.
    assert caught.tb is not None
    assert "medimage-prefetch" not in {thread.name for thread in threading.enumerate()}


def test_balanced_sampling_without_images_of_a_class_is_refused() -> None:
    classes = ("left", "right", "neither")
    train, validation = (dataclasses.replace(data, classes=classes) for data in (TRAIN, VALIDATION))
    with pytest.raises(TrainingError, match=r"training\.sampling: balanced needs .* none of \['neither'\]"):
        run(2, short_recipe(sampling="balanced"), train=train, validation=validation)
