import numpy as np
import pytest
import torch
from torchvision.transforms.v2 import functional

from medimage.serving.preprocessing import resize_image
from tests.support.images import smooth

COLOR = np.random.default_rng(0).integers(0, 256, (24, 20, 3), dtype=np.uint8)
GRAY = np.ascontiguousarray(COLOR[:, :, 0])


@pytest.mark.parametrize(("height", "width", "size"), [(200, 150, 64), (37, 90, 32), (20, 30, 48), (64, 64, 64)])
def test_resize_matches_torchvision(height: int, width: int, size: int) -> None:
    pixels = smooth(height, width)
    oracle = functional.resize(torch.from_numpy(pixels).permute(2, 0, 1).float(), [size, size], antialias=True)
    resized = resize_image(pixels, size=size)
    assert resized.shape == (size, size, 3)
    assert np.abs(resized - oracle.permute(1, 2, 0).numpy()).max() <= 1


def test_resize_averages_where_it_shrinks() -> None:
    checkers = (np.indices((256, 256)).sum(axis=0) % 2 * 255).astype(np.uint8)[:, :, None]
    assert np.abs(resize_image(checkers, size=16).astype(int) - 128).max() <= 2


def test_resize_to_the_same_size_changes_nothing() -> None:
    np.testing.assert_array_equal(resize_image(COLOR[:20], size=20), COLOR[:20])


def test_gray_and_repeated_gray_resize_alike() -> None:
    gray = GRAY[:, :, None]
    np.testing.assert_array_equal(
        np.repeat(resize_image(gray, size=17), 3, axis=2), resize_image(np.repeat(gray, 3, axis=2), size=17)
    )


@pytest.mark.parametrize(
    ("pixels", "size"),
    [(COLOR.astype(np.float32), 8), (GRAY, 8), (np.zeros((8, 8, 4), np.uint8), 8), (COLOR, 0)],
)
def test_resize_refuses_other_arrays(pixels: np.ndarray, size: int) -> None:
    with pytest.raises(ValueError, match="Expected"):
        resize_image(pixels, size=size)
