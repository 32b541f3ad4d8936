import numpy as np
import pytest
from matplotlib import colormaps

from medimage.serving.heat_maps.inferno import INFERNO
from medimage.serving.heat_maps.picture import as_layer, blend, in_levels

HEAT = np.arange(256, dtype=np.uint8)[None]


def lightness(colors: np.ndarray) -> np.ndarray:
    """Returns the lightness L* of CIE 1976 of sRGB colours."""
    scaled = colors / 255
    linear = np.where(scaled <= 0.04045, scaled / 12.92, ((scaled + 0.055) / 1.055) ** 2.4)
    luminance = linear @ np.array([0.2126, 0.7152, 0.0722])
    return np.where(luminance > 0.008856, 116 * np.cbrt(luminance) - 16, 903.3 * luminance)


@pytest.mark.parametrize("gray", [0, 60, 128, 200, 255])
def test_hotter_is_lighter_on_every_ground(gray: int) -> None:
    found = lightness(blend(np.full((1, 256, 1), gray, np.uint8), HEAT)[0].astype(float))
    # In steps of 8: between neighbours the rounding to whole colour values shows.
    assert (np.diff(found[::8]) > 0).all()
    assert found[-1] - found[0] > 35


def test_colours_of_the_image_are_gray_in_the_map() -> None:
    red = np.zeros((1, 256, 3), np.uint8)
    red[..., 0] = 200
    gray = np.full((1, 256, 1), round(0.299 * 200), np.uint8)
    assert np.abs(blend(red, HEAT).astype(int) - blend(gray, HEAT)).max() <= 1


def test_colours_are_those_of_matplotlib() -> None:
    np.testing.assert_array_equal(INFERNO, (colormaps["inferno"](np.arange(256))[:, :3] * 255).round())


def test_colours_cannot_be_changed_by_whoever_draws() -> None:
    with pytest.raises(ValueError, match="read-only"):
        INFERNO[0] = 0


def test_a_layer_is_the_more_opaque_the_hotter() -> None:
    layer = as_layer(HEAT)
    np.testing.assert_array_equal(layer[0, :, 3], HEAT[0])
    np.testing.assert_array_equal(layer[0, :, :3], INFERNO)


def test_heat_is_rounded_to_the_nearest_level() -> None:
    values = np.array([[0, 0.4 / 255, 0.6 / 255, 0.5, 1]], np.float32)
    assert in_levels(values).tolist() == [[0, 0, 1, 128, 255]]
