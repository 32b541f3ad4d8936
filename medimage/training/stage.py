"""One stage of training: epochs, the best of them, and when to stop."""

import logging
import time
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from medimage.config.stage import StageConfig
from medimage.config.training import TrainingConfig
from medimage.data.labelled_pixels import LabelledPixels
from medimage.models.history import EpochRecord, StageRecord
from medimage.models.network import Network
from medimage.training.best_state import BestState
from medimage.training.careful_passes import CarefulPasses
from medimage.training.checkpointing.checkpoints import Checkpoints
from medimage.training.checkpointing.stage_checkpoint import StageState
from medimage.training.freezing import total_parameters, trainable_parameters
from medimage.training.learner import Learner
from medimage.training.loss import build_loss, class_weights
from medimage.training.observers.observer import StageStart, TrainingObserver
from medimage.training.observers.stage_meter import StageMeter
from medimage.training.passes import EpochResult, StagePasses
from medimage.training.progress import StageProgress
from medimage.training.recipe import learning_rates
from medimage.training.stage_setting import StageSetting

logger = logging.getLogger(__name__)


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
        self._images = (train, validation)
        self._checkpoints = checkpoints
        self._observers = observers
        self._learner = Learner(
            network,
            config=config,
            weight_average=training.weight_average,
            device=setting.device,
            processes=setting.processes,
        )
        weights = class_weights(train.labels, classes=train.classes, setting=training.class_weights)
        loss = build_loss(weights, label_smoothing=training.label_smoothing).to(setting.device)

        def open_passes(setting: StageSetting) -> StagePasses:
            return StagePasses(
                self._learner,
                config=config,
                training=training,
                setting=setting,
                train=train,
                validation=validation,
                loss=loss,
                observers=observers,
            )

        self._passes = CarefulPasses(self._learner, setting=setting, open_passes=open_passes)

    def run(self) -> StageResult:
        """Runs the stage, or what is left of it.

        Raises:
            TrainingError: If training diverges, or memory ran out.
        """
        self._learner.schedule.start_epoch(1)
        first_rates = learning_rates(self._learner.optimizer)
        resumed = self._resume()
        self._announce(rates=first_rates, finished=resumed.records if resumed is not None else [])
        progress = resumed or self._start()
        with StageMeter(epochs=self._config.epochs, images=len(self._images[0]), device=self._device) as meter:
            while not progress.is_over:
                self._run_epoch(progress, meter)
        record = StageRecord(
            stage=self._passes.setting.stage,
            trainable_parameters=trainable_parameters(self._learner.network),
            best_epoch=progress.best.epoch,
            batch_size=self._passes.setting.batch_size,
            precision=self._passes.setting.precision,
            device=str(self._device),
            stopped_early=progress.stopped_early,
        )
        if progress.best.epoch == 0:
            self._tell_nothing_gained()
        self._observers.on_stage_end(record)
        return StageResult(
            best=self._learner.whole_state(progress.best.entries),
            last=self._learner.whole_state(self._learner.judged_entries()),
            epochs=tuple(progress.records),
            record=record,
        )

    @property
    def _device(self) -> torch.device:
        return self._passes.setting.device

    def _announce(self, *, rates: dict[str, float], finished: list[EpochRecord]) -> None:
        train, validation = self._images
        setting = self._passes.setting
        self._observers.on_stage_start(
            StageStart(
                stage=setting.stage,
                epochs=self._config.epochs,
                trainable_parameters=trainable_parameters(self._learner.network),
                parameters=total_parameters(self._learner.network),
                learning_rates=rates,
                batch_size=setting.batch_size,
                precision=setting.precision,
                device=str(setting.device),
                train_images=len(train),
                validation_images=len(validation),
                finished=tuple(finished),
            )
        )

    def _tell_nothing_gained(self) -> None:
        stage = self._passes.setting.stage
        logger.warning(
            "Stage %s: no epoch did better on the validation images than the weights before the stage, so those are "
            "kept. Lower the learning rates of training.stage%s, raise its epochs, or skip it.",
            stage,
            stage,
        )

    def _start(self) -> StageProgress:
        before = self._passes.measure_start()
        best = BestState.of(before, epoch=0, entries=self._learner.judged_entries())
        return StageProgress(self._config, best=best)

    def _resume(self) -> StageProgress | None:
        # One process decides for all: a file that only some of them can read would have them begin at several epochs.
        found = self._passes.setting.processes.from_first(self._checkpoints.newest)
        if found is None:
            return None
        state = StageState.of_checkpoint(found, config=self._config, setting=self._passes.setting)
        self._passes.go_on_from(state.learner, setting=state.setting)
        return state.progress

    def _run_epoch(self, progress: StageProgress, meter: StageMeter) -> None:
        epoch, started = progress.next_epoch, time.perf_counter()
        meter.start_epoch()
        result = self._passes.run_epoch(epoch)
        rates = learning_rates(self._learner.optimizer)
        self._learner.schedule.end_epoch(epoch, validation_loss=result.validation.loss)
        is_best = self._config.selection == "last" or progress.best.is_beaten_by(result.validation)
        if is_best:
            progress.best = BestState.of(result.validation, epoch=epoch, entries=self._learner.judged_entries())
        seconds = time.perf_counter() - started
        cost = meter.end_epoch(epoch, seconds=seconds, training_seconds=result.training_seconds)
        record = self._record(epoch, result, rates=rates, is_best=is_best, cost={"seconds": seconds, **cost})
        progress.finish_epoch(record, result.validation)
        state = StageState(learner=self._passes.keep_state(), progress=progress, setting=self._passes.setting)
        self._checkpoints.save(state.to_checkpoint())
        self._observers.on_epoch_end(record)

    def _record(
        self, epoch: int, result: EpochResult, *, rates: dict[str, float], is_best: bool, cost: dict[str, Any]
    ) -> EpochRecord:
        return EpochRecord(
            stage=self._passes.setting.stage,
            epoch=epoch,
            train_loss=result.trained.loss,
            train_accuracy=result.trained.accuracy,
            validation_loss=result.validation.loss,
            validation_accuracy=result.validation.accuracy,
            validation_auroc=result.validation.auroc,
            head_learning_rate=rates["head"],
            backbone_learning_rate=rates.get("backbone", 0.0),
            is_best=is_best,
            **cost,
        )
