import pytest

from medimage.config.stack.steps import StepsConfig
from medimage.config.stack.training_gpus import require_gpus
from medimage.config.training import TrainingConfig
from medimage.errors import ConfigurationError


def steps(gpus: int) -> StepsConfig:
    return StepsConfig.model_validate(
        {"by_class": {"training": {"gpus": gpus}}, "by_name": {"evaluate_model": {"gpus": 1}}}
    )


@pytest.mark.parametrize(
    ("processes", "device", "gpus"),
    [(2, "cuda", 1), (2, "auto", 4), (2, "cuda", 0), (1, "cuda", 0), (1, "cuda", 2), (1, "auto", 4)],
)
def test_another_number_of_gpus_than_of_processes_is_refused_with_the_key_to_set(
    processes: int, device: str, gpus: int
) -> None:
    training = TrainingConfig.model_validate({"processes": processes, "device": device})
    with pytest.raises(ConfigurationError) as caught:
        require_gpus(training, steps(gpus))
    told = str(caught.value)
    assert f"training.processes is {processes}" in told
    assert f"steps.by_class.training.gpus to {processes}" in told
    assert ("training.device to cpu" if gpus == 0 else f"training.processes to {gpus}") in told


@pytest.mark.parametrize(
    ("processes", "device", "gpus"),
    [(2, "cuda", 2), (2, "auto", 2), (4, "auto", 0), (2, "cpu", 1), (1, "auto", 1), (1, "cuda", 1)],
)
def test_a_gpu_for_each_process_and_processes_on_cores_are_right(processes: int, device: str, gpus: int) -> None:
    require_gpus(TrainingConfig.model_validate({"processes": processes, "device": device}), steps(gpus))


def test_only_the_stages_that_are_trained_are_looked_at() -> None:
    by_name = {"train_stage2": {"gpus": 2}, "evaluate_model": {"gpus": 1}}
    only_second = StepsConfig.model_validate({"by_name": by_name})
    training = {"processes": 2, "device": "cuda"}
    require_gpus(TrainingConfig.model_validate({**training, "strategy": "full"}), only_second)
    with pytest.raises(ConfigurationError, match="no GPUs to the pod of train_stage1"):
        require_gpus(TrainingConfig.model_validate({**training, "strategy": "two_stage"}), only_second)


def test_a_recipe_that_asks_for_a_gpu_needs_one_for_evaluation_before_anything_is_trained() -> None:
    without = StepsConfig.model_validate({"by_class": {"training": {"gpus": 1}}})
    require_gpus(TrainingConfig.model_validate({"device": "auto"}), without)
    with pytest.raises(ConfigurationError, match=r"steps\.by_name\.evaluate_model\.gpus to 1"):
        require_gpus(TrainingConfig.model_validate({"device": "cuda"}), without)
