"""What a file without a window shows: its own range of values, without the padding."""

import math

import numpy as np
import pytest

from tests.support.dicom_display import each, half_up, shown
from tests.support.dicom_files import SIDE, WITHOUT_PYDICOM_WARNINGS, gray_dataset, ramp

pytestmark = WITHOUT_PYDICOM_WARNINGS


def test_padding_does_not_count_for_the_range_and_is_clipped_to_it() -> None:
    stored = ramp(np.int16, low=-500, high=500)
    stored[0, :3], stored[1, :3] = -2000, -1999
    dataset = gray_dataset(stored)
    dataset.add_new("PixelPaddingValue", "SS", -2000)
    dataset.add_new("PixelPaddingRangeLimit", "SS", -1999)
    low, high = -500 + 1000 * 3 / 255, 500
    pictured = each(stored, lambda value: half_up(max(0, value - math.ceil(low)) / (high - math.ceil(low)) * 255))
    np.testing.assert_array_equal(shown(dataset)[2:], pictured[2:])
    assert (shown(dataset)[:2, :3] == 0).all()


def test_padding_given_as_unsigned_means_the_same_bits_of_signed_pixels() -> None:
    stored = ramp(np.int16, low=-100, high=400)
    stored[0, 0] = -2000
    dataset = gray_dataset(stored)
    dataset.add_new("PixelPaddingValue", "US", 65536 - 2000)
    expected = shown(gray_dataset(np.where(stored == -2000, stored[0, 1], stored)))
    np.testing.assert_array_equal(shown(dataset), expected)


@pytest.mark.parametrize("value", [0, 7, 255])
def test_an_image_of_one_value_without_a_window_is_black(value: int) -> None:
    assert not shown(gray_dataset(np.full((SIDE, SIDE), value, dtype=np.uint8))).any()
