"""The statistics that pretrained weights expect."""

from medimage.config.pretrained_statistics import PretrainedStatistics
from medimage.data.statistics import NormalizationStats
from medimage.errors import ConfigurationError
from medimage.models.backbone import pretrained_configuration


def pretrained_normalization(
    timm_name: str, *, channels: int, input_size: int, given: PretrainedStatistics | None = None
) -> NormalizationStats:
    """Returns the mean and standard deviation that the weights of a model were trained with.

    For gray images both are averaged over the three colours: one channel is stored, normalised, and expanded.

    Args:
        timm_name: timm's name of the model.
        channels: Channels of the stored images, 1 or 3.
        input_size: Height and width of the images, in pixels.
        given: What the weights expect, where it is not what timm says of the model.

    Raises:
        ConfigurationError: If timm has no statistics for the model, and none are given.
    """
    mean, std = _statistics_of_timm(timm_name) if given is None else (given.mean, given.std)
    if channels == 1:
        mean, std = (sum(mean) / len(mean),), (sum(std) / len(std),)
    elif len(mean) == 1:
        mean, std = mean * channels, std * channels
    return NormalizationStats(mean=mean, std=std, input_size=input_size, images=0, source="pretrained")


def _statistics_of_timm(timm_name: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    configuration = pretrained_configuration(timm_name)
    if "mean" not in configuration or "std" not in configuration:
        raise ConfigurationError(
            f"timm has no normalization of {timm_name}; set model.normalization: training instead of pretrained, or "
            "model.pretrained_statistics to what its weights expect."
        )
    mean, std = (tuple(float(value) for value in configuration[name]) for name in ("mean", "std"))
    return mean, std
