"""Passes that are run again, with more care, where they fail for a lack of precision or memory."""

import gc
from collections.abc import Callable
from typing import TypeVar

import torch

from medimage.training.divergence import DivergenceError, explain_divergence
from medimage.training.failures import explain_out_of_memory, is_out_of_memory
from medimage.training.learner import Learner, LearnerState
from medimage.training.loop import PassResult
from medimage.training.passes import EpochResult, StagePasses
from medimage.training.recipe import learning_rates
from medimage.training.recovery import more_careful
from medimage.training.stage_setting import StageSetting

Result = TypeVar("Result")


class CarefulPasses:
    """Runs the passes of a stage; one that fails is run again from the last good state, in another setting.

    Attributes:
        setting: The setting that is used now.
    """

    def __init__(
        self, learner: Learner, *, setting: StageSetting, open_passes: Callable[[StageSetting], StagePasses]
    ) -> None:
        """Prepares passes.

        Args:
            learner: What they train.
            setting: The setting to begin with.
            open_passes: Makes what runs them; called when they are first needed, because it may need memory.
        """
        self.setting = setting
        self._learner = learner
        self._open_passes = open_passes
        self._passes: StagePasses | None = None
        learner.use_precision(setting.precision)
        self._good = learner.copy()

    def measure_start(self) -> PassResult:
        """Validates the state before the first epoch.

        Raises:
            TrainingError: If the loss is not finite in fp32 either.
        """
        return self._attempt(lambda passes: passes.measure_start(), epoch=0)

    def run_epoch(self, epoch: int) -> EpochResult:
        """Trains and validates once, by the learning rates of the epoch.

        Args:
            epoch: Epoch within the stage, from 1.

        Raises:
            TrainingError: If training diverges in fp32 too.
        """

        def run(passes: StagePasses) -> EpochResult:
            self._learner.schedule.start_epoch(epoch)
            return passes.run_epoch(epoch)

        return self._attempt(run, epoch=epoch)

    def keep_state(self) -> LearnerState:
        """Takes note that the current state is good, and returns a copy of it."""
        self._good = self._learner.copy()
        return self._good

    def go_on_from(self, state: LearnerState, *, setting: StageSetting) -> None:
        """Goes on from a good state, in the setting that it was left in.

        Raises:
            ValueError: If it is one of another network.
        """
        self._use(setting)
        self._good = state
        self._learner.restore(state)

    def _attempt(self, run: Callable[[StagePasses], Result], *, epoch: int) -> Result:
        while True:
            try:
                if self._passes is None:
                    self._passes = self._open_passes(self.setting)
                return run(self._passes)
            except (DivergenceError, RuntimeError, MemoryError) as error:
                rates = ", ".join(f"{name} {rate:g}" for name, rate in learning_rates(self._learner.optimizer).items())
                careful = more_careful(error, setting=self.setting, rates=rates)
                if careful is None and isinstance(error, DivergenceError):
                    raise explain_divergence(error, stage=self.setting.stage, epoch=epoch, rates=rates) from error
                if careful is None and is_out_of_memory(error):
                    raise explain_out_of_memory(
                        batch_size=self.setting.batch_size, processes=self.setting.processes.count
                    ) from error
                if careful is None:
                    raise
            # After the block, whose error holds on to the tensors of the batch that failed.
            self._use(careful)
            self._learner.restore(self._good)

    def _use(self, setting: StageSetting) -> None:
        self.setting = setting
        self._passes = None
        gc.collect()
        if setting.device.type == "cuda":
            torch.cuda.empty_cache()
        self._learner.use_precision(setting.precision)
