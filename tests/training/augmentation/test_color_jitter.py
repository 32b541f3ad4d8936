import itertools

import pytest
import torch
from torchvision.transforms.v2 import functional as reference

from medimage.training.augmentation.color_jitter import ColorParameters, jitter_colors

BRIGHTNESS, CONTRAST, SATURATION = 1.3, 0.6, 1.4


def in_order(order: tuple[int, ...]) -> ColorParameters:
    return ColorParameters(
        brightness=torch.tensor([BRIGHTNESS]),
        contrast=torch.tensor([CONTRAST]),
        saturation=torch.tensor([SATURATION]),
        order=torch.tensor([order]),
    )


@pytest.mark.parametrize("order", itertools.permutations(range(3)))
@pytest.mark.parametrize("channels", [1, 3])
def test_values_equal_torchvisions_in_every_order(order: tuple[int, ...], channels: int) -> None:
    images = torch.rand(1, channels, 12, 12, generator=torch.Generator().manual_seed(0))
    expected = images
    for step in order:
        if step == 0:
            expected = reference.adjust_brightness(expected, BRIGHTNESS)
        elif step == 1:
            expected = reference.adjust_contrast(expected, CONTRAST)
        elif channels == 3:
            expected = reference.adjust_saturation(expected, SATURATION)
    torch.testing.assert_close(jitter_colors(images * 255, in_order(order)), expected * 255, atol=0.01, rtol=0)


def test_factors_of_one_change_nothing() -> None:
    images = torch.rand(2, 3, 8, 8) * 255
    ones = torch.ones(2)
    order = torch.tensor([[0, 1, 2], [2, 1, 0]])
    unchanged = jitter_colors(images, ColorParameters(brightness=ones, contrast=ones, saturation=ones, order=order))
    torch.testing.assert_close(unchanged, images)
