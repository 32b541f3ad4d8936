"""What both training steps share: their settings, and how they call the library."""

import logging
import sys
from contextlib import nullcontext
from typing import Literal

from pydantic import BaseModel, ConfigDict
from zenml import get_step_context

from medimage.config.model import ModelConfig
from medimage.config.training import TrainingConfig
from medimage.data.pixel_store import PixelStore
from medimage.data.split import Split
from medimage.data.statistics import NormalizationStats
from medimage.garbage_collection import kept_for_good
from medimage.models.trained_model import TrainedModel
from steps.circumstances import Circumstances
from steps.code_files import code_hash
from steps.stored_checkpoints import open_checkpoints
from steps.trackers import open_trackers

logger = logging.getLogger(__name__)

_TRAINING = "medimage.training.train"
"""What loads PyTorch and timm, once in a process."""


class StageRecipe(BaseModel):
    """Settings of one stage of training, resolved: all that decides its model, beside images and statistics.

    Attributes:
        model: Which network, and where its first weights come from.
        weights_sha256: SHA-256 of the weights file, so that another file of the same name is not overlooked.
        hub_weights: Which weights of timm's hub they are; empty where none of them are used.
        libraries: Versions of the packages that build networks and compute: another may give another model.
        training: The recipe.
        batch_size: Images per batch.
        batch_size_is_configured: Whether it must be that; a default is lowered where there are fewer training images.
        seed: Seed of the first weights, the order of images and the augmentation.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    model: ModelConfig
    weights_sha256: str
    hub_weights: str
    libraries: dict[str, str]
    training: TrainingConfig
    batch_size: int
    batch_size_is_configured: bool
    seed: int

    def batch_size_for(self, images: int) -> int:
        """Returns the batch size for a number of training images: one that nobody asked for is no larger."""
        if self.batch_size_is_configured or self.batch_size <= images:
            return self.batch_size
        logger.info("Batches of %s images instead of %s: there are no more", images, self.batch_size)
        return images


def train_by_recipe(
    recipe: StageRecipe,
    *,
    stage: Literal[1, 2],
    pixels: PixelStore,
    split: Split,
    normalization: NormalizationStats,
    previous: TrainedModel | None,
) -> TrainedModel:
    """Trains one stage on the training images of a split, watched by all trackers.

    Args:
        recipe: The settings.
        stage: Which stage.
        pixels: Decoded images.
        split: Which of them are for training and validation.
        normalization: Statistics of the training images.
        previous: The model before this stage.
    """
    # Imported here because PyTorch takes seconds to import, which a run of cached steps should not wait for.
    with kept_for_good() if _TRAINING not in sys.modules else nullcontext():
        from medimage.training.train import train_stage  # noqa: PLC0415

    train = pixels.part(split, "train")
    batch_size = recipe.batch_size_for(len(train))
    circumstances = Circumstances.of_current_step()
    training = recipe.training.model_copy(update={"batch_size": batch_size, "checkpoints": circumstances.checkpoints})
    observers = open_trackers(
        circumstances.tracking,
        experiment=circumstances.experiment,
        stage=stage,
        model=recipe.model,
        training=training,
        seed=recipe.seed,
        previous=previous,
    )
    return train_stage(
        stage=stage,
        model=recipe.model,
        training=training,
        seed=recipe.seed,
        train=train,
        validation=pixels.part(split, "validation"),
        normalization=normalization,
        batch_size=batch_size,
        previous=previous,
        observers=observers,
        checkpoints=open_checkpoints(get_step_context().pipeline_run.name),
        code=code_hash(__name__),
    )
