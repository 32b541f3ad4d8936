"""Training as the pipeline sees it: from pixels and a configuration to a trained model."""

from collections.abc import Sequence

import numpy as np

from medimage.config.model import ModelConfig
from medimage.config.training import StageNumber, TrainingConfig
from medimage.data.labelled_pixels import LabelledPixels
from medimage.data.statistics import NormalizationStats
from medimage.errors import TrainingError
from medimage.models.batch_limits import SMALLEST_BATCH
from medimage.models.build import specify_network
from medimage.models.history import TrainingHistory
from medimage.models.network import Network
from medimage.models.state import copy_state, pack_state
from medimage.models.trained_model import ModelSpec, TrainedModel
from medimage.training.checkpointing.checkpoint_store import CheckpointStore
from medimage.training.freezing import total_parameters
from medimage.training.observers.observer import TrainingObserver
from medimage.training.stage_task import StageTask, initial_network, run_stage


def train_stage(
    *,
    stage: StageNumber,
    model: ModelConfig,
    training: TrainingConfig,
    seed: int,
    train: LabelledPixels,
    validation: LabelledPixels,
    normalization: NormalizationStats,
    batch_size: int,
    previous: TrainedModel | None = None,
    observers: Sequence[TrainingObserver] = (),
    checkpoints: CheckpointStore | None = None,
    code: str = "",
) -> TrainedModel:
    """Trains one stage, or returns the model unchanged where the configuration skips the stage.

    On a CPU the same arguments give the same weights, bit for bit, on the same machine with as many threads; also where
    a process was killed and another one goes on from its checkpoints.

    Args:
        stage: 1 (the head, as the default recipe has it) or 2.
        model: Which network, and where its first weights come from.
        training: The recipe.
        seed: Seed of the head's first weights, the order of images, augmentation and dropout.
        train: Images to train on.
        validation: Images to choose the best epoch on.
        normalization: Statistics of the training images.
        batch_size: Images per batch.
        previous: Model to go on from, with its best weights; `None` starts from the first weights.
        observers: Who watches. They are closed in the end, also after an error or Ctrl-C.
        checkpoints: Where the state after every epoch is kept, to go on from; nowhere when not given.
        code: Hash of the code that trains: checkpoints of other code are not gone on from.

    Returns:
        The model with its best and last weights, and the history of all stages so far.

    Raises:
        TrainingError: If the images cannot be trained on, training diverges, or memory ran out.
        WeightsError: If pretrained weights cannot be had.
        ConfigurationError: If the recipe does not fit the network.
    """
    spec = specify_network(model, classes=train.classes, channels=train.pixels.shape[3], normalization=normalization)
    _require_same_network(spec, previous)
    _require_same_shape(spec, train, part="training")
    _require_same_shape(spec, validation, part="validation")
    if is_skipped(stage, training):
        return previous or _initial_model(initial_network(spec, model, seed=seed))
    _require_trainable(train, validation, batch_size=batch_size)
    task = StageTask(
        spec=spec,
        stage=stage,
        model=model,
        training=training,
        seed=seed,
        train=train,
        validation=validation,
        batch_size=batch_size,
        previous=previous,
        checkpoints=checkpoints,
        code=code,
    )
    if training.processes > 1:
        # Imported here because one process needs nothing of it.
        from medimage.training.distributed.launch import run_stage_in_processes  # noqa: PLC0415

        return run_stage_in_processes(task, observers=observers)
    return run_stage(task, observers=observers)


def is_skipped(stage: StageNumber, training: TrainingConfig) -> bool:
    """Returns whether a recipe skips a stage: by its strategy, or with no epochs."""
    return stage not in training.trained_stages


def _initial_model(network: Network) -> TrainedModel:
    weights = pack_state(copy_state(network))
    return TrainedModel(
        spec=network.spec,
        weights=weights,
        last_weights=weights,
        history=TrainingHistory(),
        parameters=total_parameters(network),
    )


def _require_same_network(spec: ModelSpec, previous: TrainedModel | None) -> None:
    if previous is None or previous.spec == spec:
        return
    now, before = spec.to_dict(), previous.spec.to_dict()
    changed = ", ".join(f"{key}: {before[key]} before, {now[key]} now" for key in now if now[key] != before[key])
    raise TrainingError(
        f"This stage cannot go on from the model before it, because the two differ in {changed}. "
        "Train both stages with the same section `model` on the same images."
    )


def _require_same_shape(spec: ModelSpec, part_pixels: LabelledPixels, *, part: str) -> None:
    expected = (spec.input_size, spec.input_size, spec.channels)
    found = part_pixels.pixels.shape[1:]
    if found != expected:
        raise TrainingError(
            f"Expected {part} images of shape {list(expected)}, as the normalization statistics and the training "
            f"images have, but got {list(found)}. Prepare all images with one model.input_size and data.color_mode."
        )
    if part_pixels.classes != spec.classes:
        raise TrainingError(
            f"Expected the {part} images to have the classes {list(spec.classes)} but got {list(part_pixels.classes)}."
        )


def _require_trainable(train: LabelledPixels, validation: LabelledPixels, *, batch_size: int) -> None:
    if len(validation) == 0:
        raise TrainingError(
            "Expected validation images to choose the best epoch on but there are none; raise split.validation."
        )
    present = [train.classes[label] for label in np.unique(train.labels)]
    if len(present) < 2:
        raise TrainingError(
            f"Expected training images of at least two classes but got {len(train)} images, all of {present}. "
            "Nothing can be told apart; check data.path, data.labels and the split."
        )
    if batch_size < SMALLEST_BATCH:
        raise TrainingError(
            f"Expected a batch size of at least {SMALLEST_BATCH} but got {batch_size}; BatchNorm needs so many images."
        )
    if batch_size > len(train):
        raise TrainingError(
            f"The batch size is {batch_size} but there are only {len(train)} training images. "
            f"Set training.batch_size to at most {len(train)}."
        )
