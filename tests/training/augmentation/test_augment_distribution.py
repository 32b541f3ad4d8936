"""Augmented images against torchvision's v2 transforms: each change alone, and all of them together."""

from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import ks_2samp
from torchvision.transforms import v2

from medimage.config.augmentation import AugmentationConfig
from medimage.training.augmentation.augment import augment

DRAWS = 400
SIZE = 24
BILINEAR = v2.InterpolationMode.BILINEAR


def affine(**changes: Any) -> v2.Transform:
    # Without a fill: torchvision fades edges to a given fill twice, and so darkens them.
    return v2.RandomAffine(**{"degrees": 0, "interpolation": BILINEAR, "fill": None, **changes})


CASES: dict[str, tuple[dict[str, Any], list[v2.Transform]]] = {
    "horizontal flip": ({"horizontal_flip": 0.3}, [v2.RandomHorizontalFlip(0.3)]),
    "vertical flip": ({"vertical_flip": 0.6}, [v2.RandomVerticalFlip(0.6)]),
    "rotation": ({"rotation": 25}, [affine(degrees=25)]),
    "shift": ({"shift": 0.2}, [affine(translate=(0.2, 0.2))]),
    "scale": ({"scale": (0.7, 1.3)}, [affine(scale=(0.7, 1.3))]),
    "shear": ({"shear": 20}, [affine(shear=20)]),
    "resized crop": ({"random_resized_crop": (0.3, 1.0)}, [v2.RandomResizedCrop(SIZE, scale=(0.3, 1.0))]),
    "brightness": ({"brightness": 0.5}, [v2.ColorJitter(brightness=0.5)]),
    "contrast": ({"contrast": 0.5}, [v2.ColorJitter(contrast=0.5)]),
    "saturation": ({"saturation": 0.8}, [v2.ColorJitter(saturation=0.8)]),
    "all moves": (
        {
            "horizontal_flip": 0.5,
            "vertical_flip": 0.5,
            "rotation": 15,
            "shift": 0.1,
            "scale": (0.8, 1.2),
            "shear": 10,
        },
        [
            v2.RandomHorizontalFlip(0.5),
            v2.RandomVerticalFlip(0.5),
            affine(degrees=15, translate=(0.1, 0.1), scale=(0.8, 1.2), shear=10),
        ],
    ),
    "all colours": (
        {"brightness": 0.4, "contrast": 0.4, "saturation": 0.4},
        [v2.ColorJitter(brightness=0.4, contrast=0.4, saturation=0.4)],
    ),
    "moves and colours": (
        {"horizontal_flip": 0.5, "rotation": 15, "shift": 0.1, "brightness": 0.3, "contrast": 0.3, "saturation": 0.3},
        [
            v2.RandomHorizontalFlip(0.5),
            affine(degrees=15, translate=(0.1, 0.1)),
            v2.ColorJitter(brightness=0.3, contrast=0.3, saturation=0.3),
        ],
    ),
    # The corners that a rotation uncovers are black there and image here, so only the middle is compared.
    "crop and moves": (
        {"random_resized_crop": (0.5, 1.0), "horizontal_flip": 0.5, "rotation": 15},
        [v2.RandomResizedCrop(SIZE, scale=(0.5, 1.0)), v2.RandomHorizontalFlip(0.5), affine(degrees=15)],
    ),
}


def picture(channels: int) -> np.ndarray:
    """Returns a smooth image without symmetry, in which one interpolation more or less changes little."""
    rows, columns = np.mgrid[0:SIZE, 0:SIZE] / SIZE
    waves = [120 + 60 * np.sin(3 * rows + shift) + 50 * np.cos(2 * columns + 1 - shift) for shift in (0, 1, 2)]
    return np.stack(waves[:channels], axis=2).astype(np.uint8)


def ours(settings: dict[str, Any], pixels: np.ndarray) -> torch.Tensor:
    many = torch.from_numpy(pixels).repeat(DRAWS, 1, 1, 1)
    return augment(many, config=AugmentationConfig(**settings), generator=torch.Generator().manual_seed(11))


def theirs(transforms: list[v2.Transform], pixels: np.ndarray) -> torch.Tensor:
    image = torch.from_numpy(pixels).permute(2, 0, 1).float() / 255
    transform = v2.Compose(transforms)
    with torch.random.fork_rng():
        torch.manual_seed(12)
        return torch.stack([transform(image) for _ in range(DRAWS)]) * 255


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("case", CASES)
def test_images_have_torchvisions_distribution(case: str, channels: int) -> None:
    settings, transforms = CASES[case]
    found, expected = ours(settings, picture(channels)), theirs(transforms, picture(channels))
    if case == "crop and moves":
        found, expected = (images[..., 8:-8, 8:-8] for images in (found, expected))
    # Rounding and one interpolation more: half a gray level of 255.
    error = ((found.var(0) + expected.var(0)) / DRAWS).sqrt()
    assert ((found.mean(0) - expected.mean(0)).abs() <= 4.5 * error + 0.5).all()
    spread = found.std(0), expected.std(0)
    # A standard deviation has a relative error of about (kurtosis - 1) / (4 n), squared.
    fourth = ((expected - expected.mean(0)) ** 4).mean(0) / expected.var(0).clamp(min=1e-6) ** 2
    tolerance = 4.5 * expected.std(0) * ((fourth.clamp(min=1) - 1) / (2 * DRAWS)).sqrt() + 0.5
    assert ((spread[0] - spread[1]).abs() <= tolerance).all()
    edge = found.shape[-1] - 1
    for statistic in (
        lambda images: images.mean((1, 2, 3)),
        lambda images: images.std((1, 2, 3)),
        lambda images: images[:, -1, edge // 2, edge // 2],
        lambda images: images[:, 0, edge // 4, edge // 3],
    ):
        # Rounded, so that what torchvision's interpolation adds does not tell equal values apart.
        first, second = (statistic(images).round().numpy() for images in (found, expected))
        assert ks_2samp(first, second).pvalue > 0.001
