"""The images that the ranges of int8 features are measured on."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader

from medimage.data.labelled_pixels import LabelledPixels
from medimage.data.pixel_rows import Pixels
from medimage.serving.model_metadata import INPUT_NAME

_BATCH = 4
"""Images at a time: features of all layers are held at once."""


def choose_calibration_images(training: LabelledPixels, *, count: int, seed: int) -> Pixels:
    """Returns training images in which every class is as frequent as the others, as far as it has images.

    The classes take turns, because a rare one can have the widest ranges, and of each the images are drawn without
    replacement.

    Args:
        training: Images that the model was trained on; never those that it is judged on.
        count: Images wanted; all, where there are fewer.
        seed: Seed of the draw.

    Returns:
        uint8, shape [images, height, width, channels].

    Raises:
        ValueError: If there is no image.
    """
    if len(training) == 0:
        raise ValueError("there is no training image to measure the ranges of its features on")
    generator = np.random.default_rng(seed)
    order = generator.permutation(len(training))
    turn = np.empty(len(training), dtype=np.int64)
    for label in np.unique(training.labels):
        own = order[training.labels[order] == label]
        turn[own] = np.arange(len(own))
    place = np.empty(len(training), dtype=np.int64)
    place[order] = np.arange(len(training))
    chosen = np.lexsort((place, turn))[:count]
    return training.take(np.sort(chosen)).pixels


class CalibrationReader(CalibrationDataReader):
    """Hands images to a calibrator, a few at a time."""

    def __init__(self, pixels: Pixels) -> None:
        """Starts at the first image.

        Args:
            pixels: uint8, shape [images, height, width, channels].
        """
        self._pixels = pixels
        self._next = 0

    def __len__(self) -> int:
        return len(self._pixels)

    def get_next(self) -> dict[str, NDArray[np.uint8]] | Any:
        """Returns the next images by the name of the graph's input, or None after the last ones."""
        if self._next >= len(self._pixels):
            return None
        batch = np.ascontiguousarray(self._pixels[self._next : self._next + _BATCH])
        self._next += len(batch)
        return {INPUT_NAME: batch}
