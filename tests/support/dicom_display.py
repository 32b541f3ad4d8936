"""What a DICOM file shows, and what it should show by the standard, value by value."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from pydicom.dataset import Dataset

from medimage.serving.dicom.decode import decode_dicom
from tests.support.dicom_files import SIDE, dicom_bytes, ramp

COLOR = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE + 2, 3), dtype=np.uint8)
HOUNSFIELD = ramp(np.uint16, low=0, high=4095)
"""Stored values of 12 bits, as computed tomography has them."""

LINEAR = {"WindowCenter": 40, "WindowWidth": 400}


def shown(dataset: Dataset, **options: Any) -> np.ndarray:
    """Returns the decoded gray values, shape [rows, columns]; `options` are those of `dicom_bytes`."""
    return decode_dicom(dicom_bytes(dataset, **options))[:, :, 0]


def half_up(value: float) -> int:
    """Returns the nearest whole number, of two the larger."""
    return math.floor(value + 0.5)


def unrounded_linear(value: float, center: float, width: float) -> float:
    """PS3.3, C.11.2.1.2.1, as it stands there, with an output of 0 to 255."""
    if value <= center - 0.5 - (width - 1) / 2:
        return 0
    if value > center - 0.5 + (width - 1) / 2:
        return 255
    return ((value - (center - 0.5)) / (width - 1) + 0.5) * 255


def linear(value: float, center: float, width: float) -> int:
    """As `unrounded_linear`, rounded."""
    return half_up(unrounded_linear(value, center, width))


def linear_exact(value: float, center: float, width: float) -> int:
    """PS3.3, C.11.2.1.3.2."""
    if value <= center - width / 2:
        return 0
    if value > center + width / 2:
        return 255
    return half_up(((value - center) / width + 0.5) * 255)


def sigmoid(value: float, center: float, width: float) -> int:
    """PS3.3, C.11.2.1.3.1."""
    return half_up(255 / (1 + math.exp(-4 * (value - center) / width)))


def each(stored: np.ndarray, function: Callable[[int], int]) -> np.ndarray:
    """Returns the function of every value, by a loop."""
    return np.array([[function(int(value)) for value in row] for row in stored])


def stretched(stored: np.ndarray) -> np.ndarray:
    """Returns what is shown without a window: the values' own range from 0 to 255."""
    low, high = int(stored.min()), int(stored.max())
    return each(stored, lambda value: half_up((value - low) / (high - low) * 255))
