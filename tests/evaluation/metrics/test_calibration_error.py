import numpy as np
import pytest

from medimage.evaluation.metrics.calibration_error import reliability_bins


def test_error_matches_its_definition_on_equal_bins() -> None:
    generator = np.random.default_rng(0)
    confidence = np.sort(generator.random(600))
    correct = generator.random(600) < confidence**2
    bins = reliability_bins(confidence, correct, bins=15, cases=len(confidence))
    parts = zip(np.split(confidence, 15), np.split(correct, 15), strict=True)
    expected = np.mean([abs(c.mean() - k.mean()) for c, k in parts])
    assert bins.error == pytest.approx(expected)
    assert bins.counts.tolist() == [40] * 15


def test_calibrated_confidence_has_a_small_error_and_boastful_one_a_large_one() -> None:
    generator = np.random.default_rng(0)
    confidence = generator.uniform(0.5, 1, 20_000)
    correct = generator.random(20_000) < confidence
    assert reliability_bins(confidence, correct, bins=15, cases=len(confidence)).error < 0.015
    assert reliability_bins(np.minimum(1, confidence + 0.2), correct, bins=15, cases=len(confidence)).error > 0.13


def test_equal_confidences_share_a_bin() -> None:
    bins = reliability_bins(np.full(100, 0.9), np.arange(100) < 80, bins=15, cases=100)
    assert bins.counts.tolist() == [100]
    assert bins.error == pytest.approx(0.1)


@pytest.mark.parametrize(("images", "bins"), [(1, 1), (39, 1), (40, 2), (100, 5), (5000, 15)])
def test_small_sets_get_fewer_bins(images: int, bins: int) -> None:
    confidence = np.random.default_rng(0).random(images)
    assert len(reliability_bins(confidence, np.ones(images, bool), bins=15, cases=len(confidence)).counts) == bins


def test_bins_are_for_independent_cases() -> None:
    confidence = np.random.default_rng(0).random(400)
    assert len(reliability_bins(confidence, np.ones(400, bool), bins=15, cases=60).counts) == 3


def test_no_image_is_refused() -> None:
    with pytest.raises(ValueError, match="got none"):
        reliability_bins(np.zeros(0), np.zeros(0, bool), bins=15, cases=0)
