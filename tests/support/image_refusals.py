"""Files that are refused, or must be where they are damaged."""

import pytest

from medimage.serving.preprocessing import ImageRefusedError, decode_image


def refusal(data: bytes) -> ImageRefusedError:
    """Returns the error with which a file is refused."""
    with pytest.raises(ImageRefusedError) as caught:
        decode_image(data, color_mode="gray")
    return caught.value
