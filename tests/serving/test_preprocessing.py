import numpy as np
import pytest

from medimage.serving.preprocessing import decode_image, prepare_image, resize_image
from tests.support.image_formats import LOSSY, WITHOUT_PILLOW_WARNINGS

pytestmark = WITHOUT_PILLOW_WARNINGS


def test_prepare_is_decode_then_resize() -> None:
    expected = resize_image(decode_image(LOSSY["jpeg"], color_mode="gray"), size=32)
    np.testing.assert_array_equal(prepare_image(LOSSY["jpeg"], color_mode="gray", size=32), expected)


@pytest.mark.real_images
@pytest.mark.parametrize("folder", ["chest5", "tb", "brain4", "brain_binary", "skin7"])
def test_real_images_are_accepted(real_images, folder: str) -> None:
    files = sorted(path for path in (real_images / folder).rglob("*") if path.suffix in (".png", ".jpg", ".jpeg"))
    assert files
    for file in files[:: max(1, len(files) // 60)]:
        assert prepare_image(file.read_bytes(), color_mode="gray", size=64).shape == (64, 64, 1)
