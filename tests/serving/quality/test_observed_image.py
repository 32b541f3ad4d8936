"""What is measured on an image beside its class."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from medimage.serving.classifier import ImageClassifier
from medimage.serving.quality.observed_image import ObservedImage
from tests.support.exported import brightness_onnx

METADATA = ImageClassifier(brightness_onnx(), threads=1).metadata


def sharpness(pixels: NDArray[np.uint8]) -> float:
    image = ObservedImage(pixels=pixels, metadata=METADATA, width=pixels.shape[1], height=pixels.shape[0])
    return image.sharpness


def noise(size: int) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (size, size, 1), dtype=np.uint8)


def test_sharpness_is_the_mean_difference_of_neighbours() -> None:
    stripes = np.zeros((16, 16, 1), np.uint8)
    stripes[:, ::2] = 200
    assert sharpness(stripes) == 200
    assert sharpness(np.full((16, 16, 1), 7, np.uint8)) == 0
    # Two uniform levels are 85 apart on average.
    assert sharpness(noise(256)) == pytest.approx((256**2 - 1) / (3 * 256), rel=0.03)


@pytest.mark.parametrize("size", [64, 512])
def test_a_blurred_image_is_less_sharp_and_its_negative_as_sharp(size: int) -> None:
    sharp = noise(size)
    small = Image.fromarray(sharp[:, :, 0]).resize((size // 2, size // 2), Image.Resampling.BILINEAR)
    blurred = np.asarray(small.resize((size, size), Image.Resampling.BILINEAR))[:, :, np.newaxis]
    assert sharpness(blurred) < sharpness(sharp) / 2
    assert sharpness(255 - sharp) == sharpness(sharp)


def test_an_image_of_one_column_has_no_sharpness() -> None:
    assert sharpness(noise(8)[:, :1]) == 0
