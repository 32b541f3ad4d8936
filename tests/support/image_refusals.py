"""Files that are refused, or must be where they are damaged."""

import numpy as np
import pytest

from medimage.serving.preprocessing import ImageRefusedError, RefusalReason, decode_image


def refusal(data: bytes) -> ImageRefusedError:
    """Returns the error with which a file is refused."""
    with pytest.raises(ImageRefusedError) as caught:
        decode_image(data, color_mode="gray")
    return caught.value


def assert_refused(data: bytes, reason: RefusalReason, words: str) -> None:
    """A file is refused for a reason, in some words, and with nothing of what the file says of itself."""
    error = refusal(data)
    assert (error.reason, words in str(error)) == (reason, True), str(error)
    assert "QUIXANO" not in str(error)


def decoded_unless_refused(data: bytes) -> np.ndarray | None:
    """Returns the colors of a file, or None where it is refused with a sentence; any other error fails the test."""
    try:
        return decode_image(data, color_mode="rgb")
    except ImageRefusedError as error:
        told = str(error)
    assert told.endswith(".")
    return None
