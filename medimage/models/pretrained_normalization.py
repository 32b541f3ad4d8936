"""The statistics that pretrained weights expect."""

from medimage.data.statistics import NormalizationStats
from medimage.errors import ConfigurationError
from medimage.models.backbone import pretrained_configuration


def pretrained_normalization(timm_name: str, *, channels: int, input_size: int) -> NormalizationStats:
    """Returns the mean and standard deviation that timm's weights of a model were trained with.

    For gray images both are averaged over the three colours: one channel is stored, normalised, and expanded.

    Args:
        timm_name: timm's name of the model.
        channels: Channels of the stored images, 1 or 3.
        input_size: Height and width of the images, in pixels.

    Raises:
        ConfigurationError: If timm has no statistics for the model.
    """
    configuration = pretrained_configuration(timm_name)
    if "mean" not in configuration or "std" not in configuration:
        raise ConfigurationError(
            f"timm has no normalization of {timm_name}; set model.normalization: training instead of pretrained."
        )
    mean = tuple(float(value) for value in configuration["mean"])
    std = tuple(float(value) for value in configuration["std"])
    if channels == 1:
        mean, std = (sum(mean) / len(mean),), (sum(std) / len(std),)
    return NormalizationStats(mean=mean, std=std, input_size=input_size, images=0, source="pretrained")
