import logging
import math

import pytest

from medimage.config.stage import StageConfig
from medimage.config.training import TrainingConfig
from medimage.errors import TrainingError
from medimage.training.divergence import DivergenceError, explain_divergence, require_hopeful
from tests.support.trained_stages import run
from tests.support.training import short_recipe


def test_explanation_names_the_place_and_the_likely_causes() -> None:
    error = DivergenceError("The loss became nan in batch 3 of 20")
    message = str(explain_divergence(error, stage=2, epoch=4, rates="head 0.1"))
    for part in ("batch 3 of 20", "epoch 4 of stage 2", "head 0.1", "training.gradient_clip", "normalization"):
        assert part in message


@pytest.mark.parametrize("classes", [2, 7, 1000])
def test_a_loss_far_beyond_that_of_a_guess_is_divergence(classes: int) -> None:
    guess = math.log(classes)
    require_hopeful(99 * guess, classes=classes)
    with pytest.raises(DivergenceError, match=r"where a guess has"):
        require_hopeful(101 * guess, classes=classes)


def recipe(learning_rate: float) -> TrainingConfig:
    return short_recipe(stage2=StageConfig(epochs=3, optimizer="adam", learning_rate=learning_rate))


@pytest.mark.parametrize("learning_rate", [1e1, 1e3, 1e6])
def test_a_rate_that_diverges_in_finite_numbers_ends_training_with_its_causes(learning_rate: float) -> None:
    expected = r"a guess has 0\.69.*training cannot go on.*learning rate that is too high"
    with pytest.raises(TrainingError, match=expected):
        run(2, recipe(learning_rate))


@pytest.mark.parametrize("learning_rate", [1e-12, 1.0])
def test_a_stage_that_gains_nothing_says_so(learning_rate: float, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="medimage"):
        trained = run(2, recipe(learning_rate))
    assert trained.history.stages[-1].best_epoch == 0
    assert len(caplog.messages) == 1
    assert "no epoch did better" in caplog.text
    assert "training.stage2" in caplog.text
