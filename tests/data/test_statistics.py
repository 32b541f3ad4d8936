from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from medimage.data.statistics import NormalizationStats, normalization_from_histograms


def histograms(pixels: np.ndarray) -> np.ndarray:
    return np.stack(
        [[np.bincount(image[..., c].ravel(), minlength=256) for c in range(image.shape[-1])] for image in pixels]
    )


@settings(deadline=None, max_examples=50)
@given(arrays.arrays(np.uint8, st.tuples(st.integers(1, 4), st.just(6), st.just(5), st.sampled_from([1, 3]))))
def test_statistics_equal_those_of_the_pixels_in_float64(pixels: np.ndarray) -> None:
    values = torch.from_numpy(pixels.copy()).double() / 255
    std = values.std(dim=(0, 1, 2), correction=0)
    if np.any(pixels.max(axis=(0, 1, 2)) == pixels.min(axis=(0, 1, 2))):
        with pytest.raises(ValueError, match="pixels that differ"):
            normalization_from_histograms(histograms(pixels), input_size=6)
        return
    stats = normalization_from_histograms(histograms(pixels), input_size=6)
    assert stats.mean == pytest.approx(values.mean(dim=(0, 1, 2)).tolist(), abs=1e-12)
    assert stats.std == pytest.approx(std.tolist(), abs=1e-12)


def test_only_the_rows_asked_for_are_measured_however_many_there_are_and_in_whatever_order() -> None:
    generator = np.random.default_rng(0)
    counts = generator.integers(0, 50, (3000, 3, 256))
    rows = generator.permutation(3000)[:2500]
    values = np.arange(256) / 255
    weights = counts[rows].sum(axis=0) / counts[rows].sum(axis=(0, 2))[:, None]
    mean = weights @ values
    found = normalization_from_histograms(counts, input_size=8, rows=rows)
    assert found.images == 2500
    assert found.mean == pytest.approx(mean.tolist(), abs=1e-12)
    assert found.std == pytest.approx(np.sqrt(weights @ values**2 - mean**2).tolist(), abs=1e-12)
    assert normalization_from_histograms(counts[rows], input_size=8) == found
    with pytest.raises(ValueError, match="pixels to measure"):
        normalization_from_histograms(counts, input_size=8, rows=rows[:0])


def test_sums_stay_exact_where_64_bit_integers_would_overflow() -> None:
    many = np.zeros((1, 1, 256), dtype=np.int64)
    many[0, 0, 0] = many[0, 0, 255] = 10**14
    stats = normalization_from_histograms(many, input_size=1)
    assert (stats.mean[0], stats.std[0]) == (0.5, 0.5)


@pytest.mark.parametrize(("mean", "std"), [((0.5,), (0.0,)), ((1.5,), (0.1,)), ((0.5, 0.5), (0.1, 0.1)), ((0.5,), ())])
def test_impossible_statistics_cannot_be_built(mean: tuple[float, ...], std: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="Expected"):
        NormalizationStats(mean=mean, std=std, input_size=8, images=1, source="training")


@pytest.mark.parametrize(
    "wrong", [{"input_size": 0}, {"images": 0}, {"images": -1}, {"source": "test"}, {"source": "pretrained"}]
)
def test_statistics_of_no_pixel_no_image_or_an_unknown_source_cannot_be_built(wrong: dict[str, Any]) -> None:
    right = {"mean": (0.5,), "std": (0.1,), "input_size": 8, "images": 1, "source": "training"}
    assert NormalizationStats(**right).images == 1
    with pytest.raises(ValueError, match="Expected"):
        NormalizationStats(**{**right, **wrong})
