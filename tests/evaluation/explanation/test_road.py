import numpy as np
import pytest
from numpy.typing import NDArray

from medimage.evaluation.explanation.faithfulness import order_of_importance, random_map
from medimage.evaluation.explanation.road import SHARES, road

SIDE = 16


def bright_square() -> NDArray[np.uint8]:
    pixels = np.full((SIDE, SIDE, 1), 20, dtype=np.uint8)
    pixels[4:8, 8:12] = 240
    return pixels


def brightest(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """A model whose probability of class 1 is the brightest value of the square, if it is still there."""
    found = pixels[:, 4:8, 8:12].reshape(len(pixels), -1).max(axis=1) / 255
    return np.stack([1 - found, found], axis=1)


def of_map(heat_map: NDArray[np.float32], *, class_index: int = 1) -> float:
    return road(
        brightest,
        pixels=bright_square(),
        order=order_of_importance(heat_map),
        class_index=class_index,
        generator=np.random.default_rng(0),
    )


def test_a_map_of_the_reason_beats_random_ones_and_its_opposite() -> None:
    reason = bright_square()[..., 0].astype(np.float32)
    random = [of_map(random_map(size=SIDE, cells=4, generator=np.random.default_rng(seed))) for seed in range(10)]
    assert of_map(reason) < 0.2 < np.mean(random) < of_map(-reason) + 0.05


def test_the_result_is_the_mean_over_the_shares_of_the_images_that_are_shown() -> None:
    shown: list[NDArray[np.uint8]] = []

    def predict(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
        shown.append(pixels)
        return np.stack([np.linspace(1, 0.2, len(pixels))] * 2, axis=1)

    pixels = np.random.default_rng(3).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    order = np.random.default_rng(4).permutation(SIDE * SIDE)
    result = road(predict, pixels=pixels, order=order, class_index=0, generator=np.random.default_rng(0))
    assert result == pytest.approx(np.linspace(1, 0.2, len(SHARES)).mean())
    for picture, share in zip(shown[0], SHARES, strict=True):
        kept = order[round(share * len(order)) :]
        assert np.array_equal(picture.reshape(-1, 3)[kept], pixels.reshape(-1, 3)[kept])


def test_imputed_pixels_carry_noise_so_that_they_are_not_marked_by_being_smooth() -> None:
    shown: list[NDArray[np.uint8]] = []

    def predict(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
        shown.append(pixels)
        return np.ones((len(pixels), 1))

    flat = np.full((64, 64, 1), 120, dtype=np.uint8)
    road(predict, pixels=flat, order=np.arange(64 * 64), class_index=0, generator=np.random.default_rng(0))
    imputed = shown[0][2].reshape(-1)[: 64 * 32]
    assert imputed.std() == pytest.approx(2.55, rel=0.1)
    assert imputed.mean() == pytest.approx(120, abs=0.3)
