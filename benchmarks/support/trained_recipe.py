"""All stages of a recipe, trained without a pipeline."""

from collections.abc import Sequence

from medimage.config.run import RunConfig
from medimage.data.pixel_store import PixelStore
from medimage.data.split import Split
from medimage.models.architectures import find_architecture
from medimage.models.normalization_choice import choose_normalization
from medimage.models.table_defaults import resolve_normalization
from medimage.models.trained_model import TrainedModel
from medimage.training.observers.observer import TrainingObserver
from medimage.training.train import train_stage


def train_recipe(
    config: RunConfig, pixels: PixelStore, split: Split, *, seed: int, observers: Sequence[TrainingObserver] = ()
) -> TrainedModel:
    """Trains what a run would train, without checkpoints.

    Args:
        config: A configuration with a number for `training.batch_size`, and without saved statistics.
        pixels: Decoded images.
        split: Which of them are for training and validation.
        seed: Seed of first weights, order and augmentation.
        observers: Who watches each stage.

    Raises:
        TypeError: If the batch size is `auto`.
    """
    train, validation = pixels.part(split, "train"), pixels.part(split, "validation")
    normalization = choose_normalization(
        pixels,
        split,
        statistics=resolve_normalization(config.model),
        timm_name=find_architecture(config.model.name).timm_name,
        given=config.model.pretrained_statistics,
        saved=None,
    )
    batch_size = config.training.batch_size
    if not isinstance(batch_size, int):
        raise TypeError(f"Expected training.batch_size to be a number but got {batch_size!r}")
    model: TrainedModel | None = None
    for stage in config.training.trained_stages:
        model = train_stage(
            stage=stage,
            model=config.model,
            training=config.training,
            seed=seed,
            train=train,
            validation=validation,
            normalization=normalization,
            batch_size=batch_size,
            previous=model,
            observers=observers,
        )
    if model is None:
        raise TypeError("Expected a recipe that trains a stage but no stage has an epoch")
    return model
