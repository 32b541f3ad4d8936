import pytest

from medimage.models.pretrained_normalization import pretrained_normalization


def test_colour_statistics_are_those_of_imagenet() -> None:
    stats = pretrained_normalization("resnet18", channels=3, input_size=128)
    assert (stats.mean, stats.std) == ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    assert (stats.source, stats.images, stats.input_size) == ("pretrained", 0, 128)


def test_gray_statistics_are_the_mean_of_the_colours() -> None:
    stats = pretrained_normalization("resnet18", channels=1, input_size=128)
    assert stats.mean == pytest.approx((0.449,))
    assert stats.std == pytest.approx((0.226,))
