"""Step: the first stage of training."""

from typing import Annotated

from zenml import step

from materializers.trained_model import TrainedModelMaterializer
from medimage.data.pixel_store import PixelStore
from medimage.data.split import Split
from medimage.data.statistics import NormalizationStats
from medimage.models.trained_model import TrainedModel
from steps.code_files import cache_on_code
from steps.stage_recipe import StageRecipe, train_by_recipe


@step(output_materializers={"head": TrainedModelMaterializer}, cache_policy=cache_on_code(__name__))
def train_stage1(
    pixels: PixelStore, split: Split, normalization: NormalizationStats, recipe: StageRecipe
) -> Annotated[TrainedModel, "head"]:
    """Trains the head on a frozen backbone; a recipe without this stage gives the untrained model.

    Args:
        pixels: Decoded images.
        split: Which of them are for training and validation.
        normalization: Statistics of the training images.
        recipe: The settings.
    """
    return train_by_recipe(recipe, stage=1, pixels=pixels, split=split, normalization=normalization, previous=None)
