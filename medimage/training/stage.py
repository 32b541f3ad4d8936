"""One stage of training: epochs, the best of them, and when to stop."""

import time
from dataclasses import dataclass

import torch
from torch import Tensor

from medimage.config.stage import StageConfig
from medimage.config.training import TrainingConfig
from medimage.data.labelled_pixels import LabelledPixels
from medimage.errors import TrainingError
from medimage.models.device import Precision
from medimage.models.history import EpochRecord, StageRecord
from medimage.models.network import Network
from medimage.models.state import copy_state
from medimage.training.augment import is_identity
from medimage.training.early_stopping import EarlyStopping
from medimage.training.failures import NonFiniteError, explain_non_finite
from medimage.training.forward import Forward, augmented_forward, frozen_forward, pixels_forward
from medimage.training.freezing import freeze, total_parameters, trainable_parameters
from medimage.training.loop import PassResult, StepSettings, train_epoch, validate
from medimage.training.loss import build_loss, class_weights
from medimage.training.observer import BatchCounter, StageStart, TrainingObserver
from medimage.training.recipe import build_optimizer, learning_rates
from medimage.training.schedule import LearningRateSchedule
from medimage.training.seeds import derive_seed


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


@dataclass(frozen=True, kw_only=True)
class StageSetting:
    """Where and in which numbers a stage computes.

    Attributes:
        stage: 1 or 2.
        seed: The run's seed.
        batch_size: Images per batch.
        device: Device to compute on.
        precision: Arithmetic of the forward pass.
    """

    stage: int
    seed: int
    batch_size: int
    device: torch.device
    precision: Precision


class Stage:
    """Trains a network by one stage of a recipe, starting from the weights it has."""

    def __init__(
        self,
        network: Network,
        *,
        config: StageConfig,
        training: TrainingConfig,
        setting: StageSetting,
        train: LabelledPixels,
        validation: LabelledPixels,
        observers: TrainingObserver,
    ) -> None:
        self._network = network.to(device=setting.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._config = config
        self._training = training
        self._setting = setting
        self._observers = observers
        freeze(network, trainable=config.trainable)
        self._optimizer = build_optimizer(network, config)
        self._schedule = LearningRateSchedule(self._optimizer, schedule=config.schedule, epochs=config.epochs)
        weights = class_weights(train.labels, classes=train.classes, setting=training.class_weights)
        self._loss = build_loss(weights, label_smoothing=training.label_smoothing).to(setting.device)
        self._generator = torch.Generator()
        self._train = augmented_forward(
            network,
            train,
            config=training.augmentation,
            generator=self._generator,
            batch_size=setting.batch_size,
            device=setting.device,
        )
        self._validation = pixels_forward(network, validation, batch_size=setting.batch_size, device=setting.device)

    def run(self) -> StageResult:
        """Runs the stage.

        Raises:
            TrainingError: If the loss or the gradient is not finite.
        """
        self._schedule.start_epoch(1)
        self._announce()
        self._cache_constant_features()
        best_result, best_epoch = self._measure_start(), 0
        best = copy_state(self._network)
        stopping = EarlyStopping(self._config.early_stopping)
        records: list[EpochRecord] = []
        stopped = False
        while len(records) < self._config.epochs and not stopped:
            record, validation = self._run_epoch(len(records) + 1)
            records.append(record)
            if (validation.accuracy, -validation.loss) > (best_result.accuracy, -best_result.loss):
                best_result, best_epoch = validation, record.epoch
                best = copy_state(self._network)
            stopped = stopping.should_stop(validation) and record.epoch < self._config.epochs
        record = StageRecord(
            stage=self._setting.stage,
            trainable_parameters=trainable_parameters(self._network),
            best_epoch=best_epoch,
            batch_size=self._setting.batch_size,
            precision=self._setting.precision,
            device=str(self._setting.device),
            stopped_early=stopped,
        )
        self._observers.on_stage_end(record)
        return StageResult(best=best, last=copy_state(self._network), epochs=tuple(records), record=record)

    def _announce(self) -> None:
        self._observers.on_stage_start(
            StageStart(
                stage=self._setting.stage,
                epochs=self._config.epochs,
                trainable_parameters=trainable_parameters(self._network),
                parameters=total_parameters(self._network),
                learning_rates=learning_rates(self._optimizer),
                batch_size=self._setting.batch_size,
                precision=self._setting.precision,
                device=str(self._setting.device),
                train_images=len(self._train.batches.labels),
                validation_images=len(self._validation.batches.labels),
            )
        )

    def _cache_constant_features(self) -> None:
        if any(parameter.requires_grad for parameter in self._network.backbone.parameters()):
            return
        self._validation = self._freeze_features(self._validation, title="features of the validation images")
        if is_identity(self._training.augmentation):
            self._train = self._freeze_features(self._train, title="features of the training images")

    def _freeze_features(self, source: Forward, *, title: str) -> Forward:
        counter = BatchCounter(self._observers, title=title, total=len(source.batches))
        return frozen_forward(self._network, source, precision=self._setting.precision, on_batch=counter.step)

    def _measure_start(self) -> PassResult:
        counter = BatchCounter(self._observers, title="before training", total=len(self._validation.batches))
        try:
            return self._validate(counter)
        except NonFiniteError as error:
            raise self._explain(error, epoch=0) from error

    def _run_epoch(self, epoch: int) -> tuple[EpochRecord, PassResult]:
        started = time.perf_counter()
        setting, batches = self._setting, self._train.batches
        self._schedule.start_epoch(epoch)
        rates = learning_rates(self._optimizer)
        self._generator.manual_seed(derive_seed(setting.seed, setting.stage, epoch))
        counter = BatchCounter(
            self._observers,
            title=f"epoch {epoch}/{self._config.epochs}",
            total=len(batches) + len(self._validation.batches),
        )
        self._network.train()
        try:
            trained = train_epoch(
                self._train.classify,
                parameters=[parameter for parameter in self._network.parameters() if parameter.requires_grad],
                batches=batches.shuffled(self._generator),
                count=len(batches),
                loss=self._loss,
                optimizer=self._optimizer,
                settings=StepSettings(
                    accumulation=self._training.accumulation,
                    gradient_clip=self._training.gradient_clip,
                    precision=setting.precision,
                ),
                on_batch=counter.step,
            )
            validation = self._validate(counter)
        except NonFiniteError as error:
            raise self._explain(error, epoch=epoch) from error
        self._schedule.end_epoch(epoch, validation_loss=validation.loss)
        record = EpochRecord(
            stage=setting.stage,
            epoch=epoch,
            train_loss=trained.loss,
            train_accuracy=trained.accuracy,
            validation_loss=validation.loss,
            validation_accuracy=validation.accuracy,
            head_learning_rate=rates["head"],
            backbone_learning_rate=rates.get("backbone", 0.0),
            seconds=time.perf_counter() - started,
        )
        self._observers.on_epoch_end(record)
        return record, validation

    def _validate(self, counter: BatchCounter) -> PassResult:
        self._network.eval()
        return validate(
            self._validation.classify,
            batches=self._validation.batches,
            loss=self._loss,
            precision=self._setting.precision,
            on_batch=counter.step,
        )

    def _explain(self, error: NonFiniteError, *, epoch: int) -> TrainingError:
        rates = ", ".join(f"{name} {rate:g}" for name, rate in learning_rates(self._optimizer).items())
        return explain_non_finite(
            error, stage=self._setting.stage, epoch=epoch, rates=rates, precision=self._setting.precision
        )
