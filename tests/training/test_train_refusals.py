import numpy as np
import pytest
import torch

from medimage.config.model import ModelConfig
from medimage.config.stage import StageConfig
from medimage.errors import ConfigurationError, TrainingError
from tests.support.trained_stages import TRAIN, VALIDATION, initial, run
from tests.support.training import SMALL, bright_quarters, short_recipe


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
