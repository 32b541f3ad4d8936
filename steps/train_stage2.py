"""Step: the second stage of training."""

from typing import Annotated

from zenml import step

from materializers.trained_model import TrainedModelMaterializer
from medimage.data.pixel_store import PixelStore
from medimage.data.split import Split
from medimage.data.statistics import NormalizationStats
from medimage.models.trained_model import TrainedModel
from steps.code_files import cache_on_code
from steps.stage_recipe import StageRecipe, train_by_recipe


@step(output_materializers={"model": TrainedModelMaterializer}, cache_policy=cache_on_code(__name__))
def train_stage2(
    head: TrainedModel, pixels: PixelStore, split: Split, normalization: NormalizationStats, recipe: StageRecipe
) -> Annotated[TrainedModel, "model"]:
    """Trains everything, or the last blocks; a recipe without this stage gives the model of stage 1.

    Args:
        head: The model after stage 1; its best weights are where this stage begins.
        pixels: Decoded images.
        split: Which of them are for training and validation.
        normalization: Statistics of the training images.
        recipe: The settings.
    """
    return train_by_recipe(recipe, stage=2, pixels=pixels, split=split, normalization=normalization, previous=head)
