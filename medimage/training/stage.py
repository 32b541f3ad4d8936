"""One stage of training: epochs, the best of them, and when to stop."""

import dataclasses
import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor

from medimage.config.stage import StageConfig
from medimage.config.training import TrainingConfig
from medimage.data.labelled_pixels import LabelledPixels
from medimage.errors import TrainingError
from medimage.models.history import EpochRecord, StageRecord
from medimage.models.network import Network
from medimage.training.best_state import BestState
from medimage.training.checkpoint import Checkpoint
from medimage.training.checkpoints import Checkpoints
from medimage.training.failures import NonFiniteError, explain_non_finite
from medimage.training.freezing import total_parameters, trainable_parameters
from medimage.training.learner import Learner, LearnerState
from medimage.training.loss import build_loss, class_weights
from medimage.training.observer import StageStart, TrainingObserver
from medimage.training.passes import EpochResult, StagePasses
from medimage.training.progress import StageProgress
from medimage.training.recipe import learning_rates
from medimage.training.recovery import more_careful
from medimage.training.stage_meter import StageMeter
from medimage.training.stage_setting import StageSetting

Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True)
class StageResult:
    """What a stage leaves behind.

    Attributes:
        best: Weights of the best state by validation accuracy; of equal ones, that with the lower validation loss.
        last: Weights after the last epoch.
        epochs: One record per epoch.
        record: Figures of the stage.
    """

    best: dict[str, Tensor]
    last: dict[str, Tensor]
    epochs: tuple[EpochRecord, ...]
    record: StageRecord


class Stage:
    """Trains a network by one stage of a recipe, starting from the weights it has.

    After every epoch it leaves a checkpoint, and it goes on from one that is there. An epoch that failed is tried again
    from the state before it, in fp32 or in smaller batches.
    """

    def __init__(
        self,
        network: Network,
        *,
        config: StageConfig,
        training: TrainingConfig,
        setting: StageSetting,
        train: LabelledPixels,
        validation: LabelledPixels,
        checkpoints: Checkpoints,
        observers: TrainingObserver,
    ) -> None:
        self._config = config
        self._training = training
        self._setting = setting
        self._images = (train, validation)
        self._checkpoints = checkpoints
        self._observers = observers
        self._learner = Learner(network, config=config, weight_average=training.weight_average, device=setting.device)
        weights = class_weights(train.labels, classes=train.classes, setting=training.class_weights)
        self._loss = build_loss(weights, label_smoothing=training.label_smoothing).to(setting.device)
        self._passes: StagePasses | None = None
        self._learner.use_precision(setting.precision)
        self._good = self._learner.copy()

    def run(self) -> StageResult:
        """Runs the stage, or what is left of it.

        Raises:
            TrainingError: If the loss or the gradient is not finite.
        """
        self._learner.schedule.start_epoch(1)
        progress = self._resume()
        self._announce(progress)
        if progress is None:
            progress = StageProgress(self._config, best=self._attempt(self._measure_start, epoch=0))
        with StageMeter(epochs=self._config.epochs, images=len(self._images[0]), device=self._setting.device) as meter:
            while not progress.is_over:
                self._run_epoch(progress, meter)
        record = StageRecord(
            stage=self._setting.stage,
            trainable_parameters=trainable_parameters(self._learner.network),
            best_epoch=progress.best.epoch,
            batch_size=self._setting.batch_size,
            precision=self._setting.precision,
            device=str(self._setting.device),
            stopped_early=progress.stopped_early,
        )
        self._observers.on_stage_end(record)
        return StageResult(
            best=self._learner.whole_state(progress.best.entries),
            last=self._learner.whole_state(self._learner.judged_entries()),
            epochs=tuple(progress.records),
            record=record,
        )

    def _announce(self, progress: StageProgress | None) -> None:
        train, validation = self._images
        self._observers.on_stage_start(
            StageStart(
                stage=self._setting.stage,
                epochs=self._config.epochs,
                trainable_parameters=trainable_parameters(self._learner.network),
                parameters=total_parameters(self._learner.network),
                learning_rates=learning_rates(self._learner.optimizer),
                batch_size=self._setting.batch_size,
                precision=self._setting.precision,
                device=str(self._setting.device),
                train_images=len(train),
                validation_images=len(validation),
                finished=tuple(progress.records) if progress is not None else (),
            )
        )

    def _measure_start(self) -> BestState:
        validation = self._open_passes().measure_start()
        return BestState.of(validation, epoch=0, entries=self._learner.judged_entries())

    def _run_epoch(self, progress: StageProgress, meter: StageMeter) -> None:
        epoch, started = progress.next_epoch, time.perf_counter()
        schedule = self._learner.schedule
        meter.start_epoch()
        schedule.start_epoch(epoch)
        rates = learning_rates(self._learner.optimizer)
        result = self._attempt(lambda: self._open_passes().run_epoch(epoch), epoch=epoch)
        schedule.end_epoch(epoch, validation_loss=result.validation.loss)
        if progress.best.is_beaten_by(result.validation):
            progress.best = BestState.of(result.validation, epoch=epoch, entries=self._learner.judged_entries())
        seconds = time.perf_counter() - started
        cost = meter.end_epoch(epoch, seconds=seconds, training_seconds=result.training_seconds)
        record = self._record(epoch, result, rates=rates, cost={"seconds": seconds, **cost})
        progress.finish_epoch(record, result.validation)
        self._keep(progress)
        self._observers.on_epoch_end(record)

    def _record(self, epoch: int, result: EpochResult, *, rates: dict[str, float], cost: dict[str, Any]) -> EpochRecord:
        return EpochRecord(
            stage=self._setting.stage,
            epoch=epoch,
            train_loss=result.trained.loss,
            train_accuracy=result.trained.accuracy,
            validation_loss=result.validation.loss,
            validation_accuracy=result.validation.accuracy,
            validation_auroc=result.validation.auroc,
            head_learning_rate=rates["head"],
            backbone_learning_rate=rates.get("backbone", 0.0),
            **cost,
        )

    def _open_passes(self) -> StagePasses:
        """Returns what runs the passes in the current setting, made when it is first needed: it may need memory."""
        if self._passes is None:
            train, validation = self._images
            self._passes = StagePasses(
                self._learner,
                config=self._config,
                training=self._training,
                setting=self._setting,
                train=train,
                validation=validation,
                loss=self._loss,
                observers=self._observers,
            )
        return self._passes

    def _attempt(self, action: Callable[[], Result], *, epoch: int) -> Result:
        """Does something, and where it fails for a lack of precision or memory, does it with more care."""
        while True:
            try:
                return action()
            except (NonFiniteError, RuntimeError, MemoryError) as error:
                careful = more_careful(error, setting=self._setting)
                if careful is None and isinstance(error, NonFiniteError):
                    raise self._explain(error, epoch=epoch) from error
                if careful is None:
                    raise
            # After the block, whose error holds on to the tensors of the batch that failed.
            self._use(careful)
            self._learner.restore(self._good)
            self._learner.schedule.start_epoch(max(epoch, 1))

    def _use(self, setting: StageSetting) -> None:
        self._setting = setting
        self._passes = None
        gc.collect()
        if setting.device.type == "cuda":
            torch.cuda.empty_cache()
        self._learner.use_precision(setting.precision)

    def _keep(self, progress: StageProgress) -> None:
        """Keeps the state after an epoch, to go back to and to go on from in another process."""
        self._good = self._learner.copy()
        best = {f"best.{key}": value for key, value in progress.best.entries.items()}
        setting = self._setting
        values = {
            "learner": self._good.values,
            "progress": progress.values(),
            "setting": {
                "batch_size": setting.batch_size,
                "accumulation": setting.accumulation,
                "precision": setting.precision,
            },
        }
        epoch = len(progress.records)
        self._checkpoints.save(Checkpoint(epoch=epoch, tensors=self._good.tensors | best, values=values))

    def _resume(self) -> StageProgress | None:
        found = self._checkpoints.newest()
        if found is None:
            return None
        self._use(dataclasses.replace(self._setting, **found.values["setting"]))
        best = {key: value for key, value in found.tensors.items() if key.startswith("best.")}
        tensors = {key: value for key, value in found.tensors.items() if key not in best}
        self._good = LearnerState(tensors=tensors, values=found.values["learner"])
        self._learner.restore(self._good)
        entries = {key.removeprefix("best."): value for key, value in best.items()}
        return StageProgress.restored(self._config, found.values["progress"], entries)

    def _explain(self, error: NonFiniteError, *, epoch: int) -> TrainingError:
        rates = ", ".join(f"{name} {rate:g}" for name, rate in learning_rates(self._learner.optimizer).items())
        return explain_non_finite(
            error, stage=self._setting.stage, epoch=epoch, rates=rates, precision=self._setting.precision
        )
