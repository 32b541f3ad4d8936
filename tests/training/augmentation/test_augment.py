from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pytest
import torch
from scipy.stats import ks_2samp
from torchvision.transforms import v2

from medimage.config.augmentation import AugmentationConfig
from medimage.training.augmentation.augment import augment, draw_affine, draw_colors, is_identity

DRAWS = 4000
CONFIG = AugmentationConfig(
    horizontal_flip=0.5,
    vertical_flip=0.3,
    rotation=15,
    shift=0.1,
    scale=(0.8, 1.2),
    shear=10,
    brightness=0.2,
    contrast=0.4,
    saturation=0.1,
)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def batch(images: int, *, channels: int = 1, size: int = 24) -> torch.Tensor:
    return torch.randint(0, 256, (images, size, size, channels), dtype=torch.uint8, generator=generator(9))


@pytest.fixture(scope="module")
def torchvisions_affine_draws() -> list[dict]:
    torch.manual_seed(1)
    transform = v2.RandomAffine(degrees=15, translate=(0.1, 0.1), scale=(0.8, 1.2), shear=10)
    picture = torch.zeros(1, 64, 64)
    return [transform.make_params([picture]) for _ in range(DRAWS)]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("angle", lambda draw: draw["angle"]),
        ("shift_right", lambda draw: draw["translate"][0]),
        ("shift_down", lambda draw: draw["translate"][1]),
        ("scale", lambda draw: draw["scale"]),
        ("shear", lambda draw: draw["shear"][0]),
    ],
)
def test_affine_draws_have_torchvisions_distribution(
    ours: str, theirs: Callable[[dict], float], torchvisions_affine_draws: list[dict]
) -> None:
    drawn = draw_affine(CONFIG, images=DRAWS, height=64, width=64, generator=generator())
    assert ks_2samp(getattr(drawn, ours).numpy(), [theirs(draw) for draw in torchvisions_affine_draws]).pvalue > 0.001


def test_flips_have_the_configured_probability() -> None:
    drawn = draw_affine(CONFIG, images=DRAWS, height=64, width=64, generator=generator())
    # Four standard errors of a share of 4,000.
    assert drawn.flip_horizontally.float().mean().item() == pytest.approx(0.5, abs=0.032)
    assert drawn.flip_vertically.float().mean().item() == pytest.approx(0.3, abs=0.029)


@pytest.mark.parametrize("name", ["brightness", "contrast", "saturation"])
def test_color_factors_have_torchvisions_distribution(name: str) -> None:
    torch.manual_seed(1)
    transform = v2.ColorJitter(brightness=0.2, contrast=0.4, saturation=0.1)
    theirs = [transform.make_params([torch.zeros(3, 8, 8)])[f"{name}_factor"] for _ in range(DRAWS)]
    ours = getattr(draw_colors(CONFIG, images=DRAWS, generator=generator()), name)
    assert ks_2samp(ours.numpy(), theirs).pvalue > 0.001


def test_factors_are_never_negative() -> None:
    drawn = draw_colors(AugmentationConfig(brightness=1.5), images=DRAWS, generator=generator())
    assert 0 <= drawn.brightness.min().item() < 0.02
    assert 2.48 < drawn.brightness.max().item() <= 2.5


def test_every_order_of_colour_changes_is_equally_likely() -> None:
    order = draw_colors(CONFIG, images=6000, generator=generator()).order
    _, counts = torch.unique(order, dim=0, return_counts=True)
    assert len(counts) == 6
    assert (counts - 1000).abs().max().item() < 130


@pytest.mark.parametrize("channels", [1, 3])
def test_augmented_images_are_float_pixels_with_the_same_channels(channels: int) -> None:
    images = augment(batch(8, channels=channels), config=CONFIG, generator=generator())
    assert (images.shape, images.dtype) == ((8, channels, 24, 24), torch.float32)
    assert images.min().item() >= 0
    assert images.max().item() <= 255


def test_same_seed_gives_the_same_images() -> None:
    first, second, other = (augment(batch(4), config=CONFIG, generator=generator(seed)) for seed in (5, 5, 6))
    assert torch.equal(first, second)
    assert not torch.equal(first, other)


def test_every_image_is_changed_in_its_own_way() -> None:
    same = batch(1).repeat(8, 1, 1, 1)
    images = augment(same, config=CONFIG, generator=generator())
    assert len({image.numpy().tobytes() for image in images}) == 8


def test_no_augmentation_gives_the_pixels_themselves() -> None:
    config = AugmentationConfig()
    assert is_identity(config)
    assert torch.equal(augment(batch(3), config=config, generator=generator()), batch(3).permute(0, 3, 1, 2).float())


def test_any_single_change_is_not_the_identity() -> None:
    changes = [
        {"horizontal_flip": 0.5},
        {"vertical_flip": 0.5},
        {"rotation": 1},
        {"shift": 0.1},
        {"scale": (0.9, 1.0)},
        {"shear": 1},
        {"random_resized_crop": (0.8, 1.0)},
        {"brightness": 0.1},
        {"contrast": 0.1},
        {"saturation": 0.1},
    ]
    assert not any(is_identity(AugmentationConfig(**change)) for change in changes)


def test_whole_pipeline_has_torchvisions_mean_image() -> None:
    ours = AugmentationConfig(horizontal_flip=0.5, rotation=20, shift=0.1, scale=(0.8, 1.2), shear=5, brightness=0.3)
    theirs = v2.Compose(
        [
            v2.RandomHorizontalFlip(0.5),
            # Without a fill: torchvision fades edges to a given fill twice, and so darkens them.
            v2.RandomAffine(
                20, (0.1, 0.1), (0.8, 1.2), 5, interpolation=v2.InterpolationMode.BILINEAR, fill=cast(Any, None)
            ),
            v2.ColorJitter(brightness=0.3),
        ]
    )
    gradient = np.linspace(0, 200, 24 * 24).reshape(1, 24, 24, 1).astype(np.uint8)
    many = augment(torch.from_numpy(gradient).repeat(1500, 1, 1, 1), config=ours, generator=generator())
    torch.manual_seed(3)
    picture = torch.from_numpy(gradient).permute(0, 3, 1, 2)[0].float() / 255
    expected = torch.stack([theirs(picture) for _ in range(1500)]) * 255
    standard_error = ((many.var(0) + expected.var(0)) / 1500).sqrt()
    assert ((many.mean(0) - expected.mean(0)).abs() < 5 * standard_error).all()
