"""Step: the mean and standard deviation that images are normalised with."""

from typing import Annotated

from zenml import step

from materializers.normalization import NormalizationMaterializer
from medimage.config.model import Statistics
from medimage.config.pretrained_statistics import PretrainedStatistics
from medimage.data.pixel_store import PixelStore
from medimage.data.saved_normalization import SavedNormalization
from medimage.data.split import Split
from medimage.data.statistics import NormalizationStats
from medimage.models.normalization_choice import choose_normalization
from steps.code_files import cache_on_code


@step(output_materializers={"normalization": NormalizationMaterializer}, cache_policy=cache_on_code(__name__))
def compute_normalization(
    pixels: PixelStore,
    split: Split,
    statistics: Statistics,
    timm_name: str,
    given: PretrainedStatistics | None,
    saved: SavedNormalization | None,
) -> Annotated[NormalizationStats, "normalization"]:
    """Measures the training images, and no others, or takes over what the pretrained weights expect.

    Args:
        pixels: Decoded images at the network's input size.
        split: Which of them are training images.
        statistics: Whose statistics.
        timm_name: The network whose weights expect theirs.
        given: What these weights expect, where it is not what timm says of the network.
        saved: Statistics that were measured before; they must be those of these training images.
    """
    return choose_normalization(pixels, split, statistics=statistics, timm_name=timm_name, given=given, saved=saved)
