import dataclasses
import logging
import sys
from pathlib import Path

import pytest
import safetensors.torch
import torch
from torch import Tensor

from medimage.config.stage import StageConfig
from medimage.errors import TrainingError
from medimage.models.build import build_network
from medimage.models.trained_model import TrainedModel
from medimage.training.careful_passes import CarefulPasses
from medimage.training.distributed.processes import Processes
from medimage.training.divergence import DivergenceError
from medimage.training.learner import Learner
from medimage.training.loop import PassResult
from medimage.training.passes import EpochResult, StagePasses
from medimage.training.recovery import more_careful
from medimage.training.stage_setting import StageSetting
from tests.support.limited_memory import train_on_large_images, train_with_little_memory
from tests.support.trained_stages import initial, run
from tests.support.training import short_recipe, specification

SETTING = StageSetting(stage=2, seed=7, batch_size=12, accumulation=3, device=torch.device("cpu"), precision="bf16")


def test_numbers_that_are_not_finite_are_computed_again_in_fp32() -> None:
    careful = more_careful(DivergenceError("The loss became nan"), setting=SETTING, rates="head 0.1")
    assert careful == dataclasses.replace(SETTING, precision="fp32")


def test_in_fp32_nothing_is_left_to_try_with_numbers_that_are_not_finite() -> None:
    setting = dataclasses.replace(SETTING, precision="fp32")
    assert more_careful(DivergenceError("The loss became nan"), setting=setting, rates="head 0.1") is None


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        MemoryError(),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 99 bytes."),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    ],
)
def test_batches_that_do_not_fit_are_halved_and_steps_see_as_many_images(error: Exception) -> None:
    careful = more_careful(error, setting=SETTING, rates="head 0.1")
    assert careful == dataclasses.replace(SETTING, batch_size=6, accumulation=6)


def test_the_warning_tells_how_many_images_a_step_has_from_then_on(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="medimage"):
        careful = more_careful(
            MemoryError(), setting=dataclasses.replace(SETTING, batch_size=33, accumulation=1), rates="head 0.1"
        )
    assert careful == dataclasses.replace(SETTING, batch_size=16, accumulation=2)
    assert "in batches of 16, 2 of them in a step" in caplog.text


def test_batches_are_never_of_one_image() -> None:
    assert more_careful(MemoryError(), setting=dataclasses.replace(SETTING, batch_size=3), rates="head 0.1") is None


def test_other_errors_are_not_taken_for_a_lack_of_memory() -> None:
    assert more_careful(RuntimeError("a bug"), setting=SETTING, rates="head 0.1") is None


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited in Linux's way")
def test_training_that_does_not_fit_into_memory_goes_on_in_smaller_batches(tmp_path: Path) -> None:
    weights, batch_size = train_with_little_memory(tmp_path, batch_size=64)
    assert batch_size < 64
    smaller = train_on_large_images(batch_size=batch_size, accumulation=64 // batch_size)
    assert weights == smaller.last_weights


def overflowing() -> TrainedModel:
    """Returns a model whose logits are beyond the largest number of fp16, 65504."""
    before = initial()
    state = safetensors.torch.load(before.weights)
    state["head.0.bias"] += 1e5
    return dataclasses.replace(before, weights=safetensors.torch.save(state))


def test_what_overflows_in_fp16_is_trained_in_fp32(caplog: pytest.LogCaptureFixture) -> None:
    before = overflowing()
    with caplog.at_level(logging.WARNING, logger="medimage"):
        recovered = run(2, short_recipe(precision="fp16"), previous=before)
    (message,) = caplog.messages
    assert "validation images, computed in fp16" in message
    assert "to go on in fp32" in message
    assert "Likely causes, most likely first: (1) numbers that fp16 has too little range" in message
    assert "(2) a learning rate that is too high (head 0.001, backbone 0.001)" in message
    assert recovered.history.stages[-1].precision == "fp32"
    assert recovered.last_weights == run(2, short_recipe(precision="fp32"), previous=before).last_weights


def test_a_rate_that_diverges_in_fp32_too_is_explained(caplog: pytest.LogCaptureFixture) -> None:
    recipe = short_recipe(precision="bf16", stage2=StageConfig(epochs=2, optimizer="sgd", learning_rate=1e30))
    with caplog.at_level(logging.WARNING, logger="medimage"), pytest.raises(TrainingError) as raised:
        run(2, recipe)
    (warning,) = caplog.messages
    assert "(1) a learning rate that is too high (head 1e+30" in warning
    assert "(2) numbers that bf16 has too little range or precision for" in warning
    assert "learning rate that is too high (head 1e+30" in str(raised.value)
    assert "bf16" not in str(raised.value)


def test_several_processes_that_run_out_of_memory_say_what_to_set() -> None:
    setting = dataclasses.replace(SETTING, processes=Processes(rank=1, count=2))
    config = StageConfig(epochs=3, learning_rate=1e-3)
    learner = Learner(build_network(specification(), seed=0), config=config, weight_average=None, device=SETTING.device)
    passes = CarefulPasses(learner, setting=setting, open_passes=lambda _: FailingPasses(learner, [MemoryError()]))
    with pytest.raises(
        TrainingError, match=r"shared by 2 processes, which cannot.*training\.batch_size, with training\.accumulation"
    ):
        passes.run_epoch(1)


class FailingPasses(StagePasses):
    """Changes the weights, then fails as often as it is told to."""

    def __init__(self, learner: Learner, failures: list[Exception]) -> None:
        self._failing_learner = learner
        self._failures = failures

    def run_epoch(self, epoch: int) -> EpochResult:
        with torch.no_grad():
            for parameter in self._failing_learner.network.parameters():
                parameter.add_(1.0)
        if self._failures:
            raise self._failures.pop(0)
        figures = PassResult(loss=float(epoch), accuracy=0.5)
        return EpochResult(trained=figures, validation=figures, training_seconds=1.0)


def first_weight(learner: Learner) -> Tensor:
    return next(learner.network.parameters()).detach().clone()


def test_a_failed_epoch_leaves_nothing_in_the_weights() -> None:
    config = StageConfig(epochs=3, learning_rate=1e-3)
    learner = Learner(build_network(specification(), seed=0), config=config, weight_average=None, device=SETTING.device)
    failures: list[Exception] = [DivergenceError("The loss became nan"), MemoryError(), MemoryError()]
    passes = CarefulPasses(learner, setting=SETTING, open_passes=lambda _: FailingPasses(learner, failures))
    before = first_weight(learner)
    passes.run_epoch(1)
    assert torch.equal(first_weight(learner), before + 1)
    assert passes.setting == dataclasses.replace(SETTING, precision="fp32", batch_size=3, accumulation=12)
    passes.keep_state()
    failures.append(RuntimeError("a bug"))
    with pytest.raises(RuntimeError, match="a bug"):
        passes.run_epoch(2)
    failures.append(torch.OutOfMemoryError())
    with pytest.raises(TrainingError, match=r"Memory ran out with batches of 3 images.*model\.input_size"):
        passes.run_epoch(2)
