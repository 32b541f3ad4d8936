import pytest

from medimage.config.pretrained_statistics import PretrainedStatistics
from medimage.models.pretrained_normalization import pretrained_normalization


def test_colour_statistics_are_those_of_imagenet() -> None:
    stats = pretrained_normalization("resnet18", channels=3, input_size=128)
    assert (stats.mean, stats.std) == ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    assert (stats.source, stats.images, stats.input_size) == ("pretrained", 0, 128)


def test_gray_statistics_are_the_mean_of_the_colours() -> None:
    stats = pretrained_normalization("resnet18", channels=1, input_size=128)
    assert stats.mean == pytest.approx((0.449,))
    assert stats.std == pytest.approx((0.226,))


def test_a_network_whose_weights_know_no_normalization_has_none() -> None:
    stats = pretrained_normalization("mobilevit_s", channels=3, input_size=256)
    assert (stats.mean, stats.std) == ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))


@pytest.mark.parametrize(("channels", "values"), [(1, (0.5,)), (3, (0.5, 0.5, 0.5))])
def test_given_statistics_are_those_of_each_channel(channels: int, values: tuple[float, ...]) -> None:
    for given in (PretrainedStatistics(mean=(0.5,), std=(0.5,)), PretrainedStatistics(mean=(0.5,) * 3, std=(0.5,) * 3)):
        # No name that timm knows: it is not asked.
        stats = pretrained_normalization("?", channels=channels, input_size=128, given=given)
        assert (stats.mean, stats.std, stats.source) == (values, values, "pretrained")
