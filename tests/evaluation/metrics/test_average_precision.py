import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from medimage.evaluation.metrics.average_precision import average_precision, estimate_average_precision
from medimage.evaluation.metrics.cluster_bootstrap import drawn_groups
from medimage.evaluation.metrics.interval import clopper_pearson_interval


@given(st.integers(2, 60), st.integers(0, 10_000), st.booleans())
def test_it_is_scikit_learns_with_weights_and_ties(images: int, seed: int, tied: bool) -> None:
    generator = np.random.default_rng(seed)
    positive = generator.random(images) < 0.4
    positive[0] = True
    scores = generator.random(images)
    scores = scores.round(1) if tied else scores
    weights = generator.integers(0, 4, images).astype(float)
    weights[0] = 1
    expected = average_precision_score(positive, scores, sample_weight=weights)
    assert float(average_precision(scores, positive, weights)) == pytest.approx(expected)


def test_resamples_are_measured_as_one_is() -> None:
    generator = np.random.default_rng(0)
    scores, positive = generator.random(40), generator.random(40) < 0.3
    weights = generator.integers(0, 3, (5, 40)).astype(float)
    expected = [float(average_precision(scores, positive, each)) for each in weights]
    assert average_precision(scores, positive, weights) == pytest.approx(expected)


def test_a_resample_without_a_positive_image_has_none() -> None:
    assert np.isnan(average_precision(np.arange(3.0), np.array([True, False, False]), np.array([0.0, 1.0, 1.0])))


def estimate(scores: np.ndarray, positive: np.ndarray, groups: np.ndarray):
    strata = np.zeros(int(groups.max()) + 1, dtype=np.int64)
    drawn = drawn_groups(strata, resamples=400, seed=0)
    return estimate_average_precision(
        scores, positive, groups, drawn=drawn, confidence=0.95, interval="clopper_pearson"
    )


def test_a_perfect_order_is_as_sure_as_its_positive_cases_allow() -> None:
    positive = np.arange(60) < 20
    found = estimate(-np.arange(60.0), positive, np.arange(60) // 2)
    assert (found.value, found.high, found.n, found.groups) == (1, 1, 60, 10)
    assert found.low == pytest.approx(clopper_pearson_interval(10, 10)[0])


def test_one_patient_with_nearly_all_positive_images_is_hardly_more_than_one_case() -> None:
    groups = np.concatenate([np.zeros(500, dtype=np.int64), np.arange(1, 110)])
    positive = np.arange(609) < 509
    found = estimate(-np.arange(609.0), positive, groups)
    assert (found.value, found.groups) == (1, 10)
    assert found.low < 0.05


def test_repeated_images_widen_the_interval() -> None:
    generator = np.random.default_rng(3)
    positive = generator.random(80) < 0.4
    scores = positive + generator.normal(0, 1, 80)
    alone = estimate(scores, positive, np.arange(80))
    copied = estimate(np.tile(scores, 4), np.tile(positive, 4), np.tile(np.arange(80), 4))
    assert copied.value == pytest.approx(alone.value)
    assert (copied.n, copied.groups) == (320, alone.groups)
    assert copied.low == pytest.approx(alone.low, abs=0.03)
    assert copied.high == pytest.approx(alone.high, abs=0.03)


@pytest.mark.parametrize(("share", "side"), [(0.0, "of this class"), (1.1, "of any other class")])
def test_a_side_without_images_has_none_and_says_which(share: float, side: str) -> None:
    scores = np.random.default_rng(0).random(10)
    found = estimate(scores, scores < share, np.arange(10))
    assert not found.is_defined
    assert side in found.reason


def test_interval_covers_the_area_that_many_images_have() -> None:
    generator = np.random.default_rng(5)

    def draw(patients: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        groups = np.repeat(np.arange(patients), 2)
        positive = np.repeat(generator.random(patients) < 0.3, 2)
        return 1.5 * positive + np.repeat(generator.normal(size=patients), 2), positive, groups

    truth = float(average_precision(*draw(200_000)[:2], np.ones(400_000)))
    found = [estimate(*draw(100)) for _ in range(300)]
    assert np.mean([each.low <= truth <= each.high for each in found]) > 0.93
