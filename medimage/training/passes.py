"""The passes over training and validation images that the epochs of a stage are made of."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from medimage.config.stage import StageConfig
from medimage.config.training import TrainingConfig
from medimage.data.labelled_pixels import LabelledPixels
from medimage.training.divergence import require_hopeful
from medimage.training.forward import pixels_forward
from medimage.training.freezing import is_backbone_frozen
from medimage.training.inputs.feature_views import feature_forward
from medimage.training.inputs.stage_inputs import open_training_inputs
from medimage.training.learner import Learner
from medimage.training.loop import PassResult, train_epoch, validate
from medimage.training.observers.observer import BatchCounter, TrainingObserver
from medimage.training.seeds import seed_dropout
from medimage.training.stage_setting import StageSetting


@dataclass(frozen=True, kw_only=True)
class EpochResult:
    """Figures of one epoch.

    Attributes:
        trained: Of the pass over the training images.
        validation: Of the pass over the validation images after it.
        training_seconds: Wall time of the pass over the training images.
    """

    trained: PassResult
    validation: PassResult
    training_seconds: float


class StagePasses:
    """Trains and validates in the batches and the arithmetic of one setting.

    Where the backbone is frozen, the features of the validation images are computed at once.
    """

    def __init__(
        self,
        learner: Learner,
        *,
        config: StageConfig,
        training: TrainingConfig,
        setting: StageSetting,
        train: LabelledPixels,
        validation: LabelledPixels,
        loss: nn.CrossEntropyLoss,
        observers: TrainingObserver,
    ) -> None:
        self._learner = learner
        self._config = config
        self._training = training
        self._setting = setting
        self._loss = loss
        self._classes = len(train.classes)
        self._observers = observers
        self._train = open_training_inputs(
            learner.network,
            train,
            stage=setting.stage,
            config=config,
            training=training,
            seed=setting.seed,
            batch_size=setting.batch_size,
            device=setting.device,
            precision=setting.precision,
            counting=self._count,
            processes=setting.processes,
        )
        self._validation = pixels_forward(
            learner.judged, validation, batch_size=setting.batch_size, device=setting.device
        )
        if is_backbone_frozen(learner.network):
            self._validation = feature_forward(
                learner.judged,
                self._validation,
                precision=setting.precision,
                on_batch=self._count("features of the validation images", len(self._validation.batches)),
            )

    def measure_start(self) -> PassResult:
        """Validates the state before the first epoch.

        Raises:
            DivergenceError: If the loss is not finite.
        """
        return self._validate(self._count("before training", len(self._validation.batches)))

    def run_epoch(self, epoch: int) -> EpochResult:
        """Trains on every image once, then validates.

        Args:
            epoch: Epoch within the stage, from 1.

        Raises:
            DivergenceError: If the loss or the gradient is not finite, or the loss far beyond that of a guess.
        """
        setting, learner = self._setting, self._learner
        self._train.prepare(epoch)
        batches = len(self._train.batches)
        on_batch = self._count(f"epoch {epoch}/{self._config.epochs}", batches + len(self._validation.batches))
        learner.network.train()
        seed_dropout(setting.seed, stage=setting.stage, epoch=epoch)
        started = time.perf_counter()
        trained = train_epoch(
            self._train.classify,
            batches=self._train.epoch(epoch),
            count=batches,
            loss=self._loss,
            steps=learner.steps(gradient_clip=self._training.gradient_clip),
            accumulation=setting.accumulation,
            precision=setting.precision,
            on_batch=on_batch,
            processes=setting.processes,
        )
        learner.share_statistics()
        training_seconds = time.perf_counter() - started
        validation = self._validate(on_batch)
        # Of both: one batch may spoil the mean over the training images, and training recover from it.
        require_hopeful(min(trained.loss, validation.loss), classes=self._classes)
        return EpochResult(trained=trained, validation=validation, training_seconds=training_seconds)

    def _validate(self, on_batch: Callable[[], None]) -> PassResult:
        self._learner.judged.eval()
        return validate(
            self._validation.classify,
            batches=self._validation.batches,
            loss=self._loss,
            precision=self._setting.precision,
            on_batch=on_batch,
            processes=self._setting.processes,
        )

    def _count(self, title: str, total: int) -> Callable[[], None]:
        return BatchCounter(self._observers, title=title, total=total).step
