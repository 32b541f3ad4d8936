"""Step: the mean and standard deviation that images are normalised with."""

from typing import Annotated, Literal

from zenml import step

from materializers.normalization import NormalizationMaterializer
from medimage.data.pixel_store import PixelStore
from medimage.data.saved_normalization import SavedNormalization
from medimage.data.split import Split
from medimage.data.statistics import NormalizationStats
from steps.code_files import cache_on_code


@step(output_materializers={"normalization": NormalizationMaterializer}, cache_policy=cache_on_code(__name__))
def compute_normalization(
    pixels: PixelStore,
    split: Split,
    statistics: Literal["training", "pretrained"],
    timm_name: str,
    saved: SavedNormalization | None,
) -> Annotated[NormalizationStats, "normalization"]:
    """Measures the training images, and no others, or takes over what the pretrained weights expect.

    Args:
        pixels: Decoded images at the network's input size.
        split: Which of them are training images.
        statistics: Whose statistics.
        timm_name: The network whose weights expect theirs.
        saved: Statistics that were measured before; they must be those of these training images.
    """
    if statistics == "pretrained":
        # Imported here because timm takes seconds to import and measuring needs none of it.
        from medimage.models.pretrained_normalization import pretrained_normalization  # noqa: PLC0415

        return pretrained_normalization(timm_name, channels=pixels.channels, input_size=pixels.size)
    training = [split.image_ids[row] for row in split.rows("train")]
    if saved is not None:
        return saved.for_images(training, input_size=pixels.size, channels=pixels.channels)
    return pixels.normalization(training)
