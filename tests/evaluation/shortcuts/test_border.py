import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medimage.evaluation.shortcuts.border import border_features, border_width, without_inside


@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 3]), st.integers(1, 4))
def test_nothing_inside_the_frame_counts(seed: int, channels: int, width: int) -> None:
    generator = np.random.default_rng(seed)
    image = generator.integers(0, 256, (20, 20, channels), dtype=np.uint8)
    other = image.copy()
    other[width:-width, width:-width] = generator.integers(0, 256, (20 - 2 * width, 20 - 2 * width, channels))
    np.testing.assert_array_equal(border_features(image, width), border_features(other, width))
    np.testing.assert_array_equal(without_inside(image, width), without_inside(other, width))


def test_each_side_gives_mean_and_deviation() -> None:
    image = np.full((10, 10, 1), 50, np.uint8)
    image[:, -1] = 90
    top, bottom, left, right = border_features(image, 1).reshape(4, 2)
    # One of ten pixels of the top and of the bottom belongs to the bright right side.
    expected = [54, np.std([90] + [50] * 9)]
    np.testing.assert_allclose(np.stack([top, bottom]), [expected, expected])
    np.testing.assert_allclose(np.stack([left, right]), [[50, 0], [90, 0]])


@pytest.mark.parametrize(("size", "share", "width"), [(224, 0.05, 11), (96, 0.05, 5), (32, 0.01, 1)])
def test_the_frame_is_a_share_of_the_side_and_never_empty(size: int, share: float, width: int) -> None:
    assert border_width(size, share) == width
