import json

import numpy as np
import pytest
import safetensors.torch
import torch

from medimage.config.augmentation import AugmentationConfig
from medimage.config.early_stopping import EarlyStoppingConfig
from medimage.config.schedule import ScheduleConfig
from medimage.config.stage import StageConfig
from medimage.models.history import TrainingHistory
from medimage.training.train import is_skipped
from tests.support.trained_stages import initial, run
from tests.support.training import short_recipe


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


def test_history_survives_json() -> None:
    history = run(1, short_recipe()).history
    assert TrainingHistory.from_dict(json.loads(json.dumps(history.to_dict()))) == history
