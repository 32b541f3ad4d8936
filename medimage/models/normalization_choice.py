"""Which mean and standard deviation the images of a run are normalised with."""

from medimage.config.model import Statistics
from medimage.config.pretrained_statistics import PretrainedStatistics
from medimage.data.pixel_store import PixelStore
from medimage.data.saved_normalization import SavedNormalization
from medimage.data.split import Split
from medimage.data.statistics import NormalizationStats


def choose_normalization(
    pixels: PixelStore,
    split: Split,
    *,
    statistics: Statistics,
    timm_name: str,
    given: PretrainedStatistics | None,
    saved: SavedNormalization | None,
) -> NormalizationStats:
    """Measures the training images, and no others, or takes over what was measured before or the weights expect.

    Args:
        pixels: Decoded images at the network's input size, the training images among them.
        split: Which of them are training images.
        statistics: Whose statistics.
        timm_name: The network whose weights expect theirs.
        given: What these weights expect, where it is not what timm says of the network.
        saved: Statistics that were measured before; they must be those of these training images.

    Raises:
        ConfigurationError: If the pretrained weights have no statistics.
        DataError: If the saved statistics are those of other images.
    """
    if statistics == "pretrained":
        # Imported here because timm takes seconds to import and measuring needs none of it.
        from medimage.models.pretrained_normalization import pretrained_normalization  # noqa: PLC0415

        return pretrained_normalization(timm_name, channels=pixels.channels, input_size=pixels.size, given=given)
    training = [split.image_ids[row] for row in split.rows("train")]
    if saved is not None:
        return saved.for_images(training, input_size=pixels.size, channels=pixels.channels)
    return pixels.normalization(training)
