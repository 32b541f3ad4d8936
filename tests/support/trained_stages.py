"""Stages trained on small images."""

from typing import Any

from medimage.config.training import TrainingConfig
from medimage.models.trained_model import TrainedModel
from medimage.training.train import train_stage
from tests.support.training import SMALL, bright_quarters, short_recipe, statistics

TRAIN, VALIDATION = bright_quarters(48, seed=1), bright_quarters(24, seed=2)


def run(stage: int, recipe: TrainingConfig, **changes: Any) -> TrainedModel:
    """Trains a stage of a recipe; `changes` are arguments of `train_stage`."""
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
