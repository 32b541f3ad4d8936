import pytest

from medimage.config.run import RunConfig
from pipelines.definitions.parts import stage_step
from pipelines.run_settings import resolve_run_settings
from steps.stage_recipe import StageRecipe


def recipe(**training: object) -> StageRecipe:
    config = RunConfig.model_validate(
        {
            "data": {"source": "synthetic"},
            "model": {"name": "test_resnet", "input_size": 32, "pretrained": False},
            "training": {"device": "cpu", **training},
        }
    )
    step = stage_step(config, resolve_run_settings(config), 2)
    return StageRecipe.model_validate(step.configuration.parameters["recipe"])


def test_a_batch_size_that_nobody_asked_for_is_lowered_to_the_images_there_are() -> None:
    default = recipe()
    assert default.batch_size > 10
    assert default.batch_size_for(10) == 10
    assert default.batch_size_for(1000) == default.batch_size


@pytest.mark.parametrize("training", [{"batch_size": 32}, {"batch_sizes": {"test_resnet": 32}}])
def test_one_that_was_asked_for_is_kept_to_be_refused(training: dict[str, object]) -> None:
    assert recipe(**training).batch_size_for(10) == 32
