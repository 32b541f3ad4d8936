import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from medimage.evaluation.comparison.area_difference import estimate_area_difference
from medimage.evaluation.metrics.auroc import placements, variance_of_placements


def naive_variance(scores: list[np.ndarray], positive: np.ndarray, groups: np.ndarray) -> float:
    """The variance of a difference from the covariance matrix of both areas, over all pairs, as in Obuchowski."""
    wins = [np.array([[(x > y) + 0.5 * (x == y) for y in each[~positive]] for x in each[positive]]) for each in scores]
    rows, columns = groups[positive], groups[~positive]
    m, n = wins[0].shape
    tens, ones, both = np.unique(rows), np.unique(columns), np.unique(groups)

    def sums(matrix: np.ndarray, axis: int, where: np.ndarray, of: np.ndarray) -> np.ndarray:
        part = matrix.mean(axis=axis) - matrix.mean()
        return np.array([part[where == group].sum() for group in of])

    covariance = np.zeros((2, 2))
    for i in range(2):
        for j in range(2):
            s10 = len(tens) / ((len(tens) - 1) * m) * sums(wins[i], 1, rows, tens) @ sums(wins[j], 1, rows, tens)
            s01 = len(ones) / ((len(ones) - 1) * n) * sums(wins[i], 0, columns, ones) @ sums(wins[j], 0, columns, ones)
            s11 = len(both) / (len(both) - 1) * (sums(wins[i], 1, rows, both) @ sums(wins[j], 0, columns, both))
            s11_turned = len(both) / (len(both) - 1) * (sums(wins[j], 1, rows, both) @ sums(wins[i], 0, columns, both))
            covariance[i, j] = s10 / m + s01 / n + (s11 + s11_turned) / (m * n)
    return float(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])


@given(seed=st.integers(0, 10_000), images=st.integers(12, 50), levels=st.integers(2, 30), repeat=st.booleans())
def test_the_variance_is_that_of_the_covariance_matrix(seed: int, images: int, levels: int, repeat: bool) -> None:
    generator = np.random.default_rng(seed)
    scores = [generator.integers(0, levels, images).astype(float) for _ in range(2)]
    positive = np.arange(images) % 3 == 0
    groups = generator.integers(0, images // 2, images) if repeat else np.arange(images)
    if min(len(np.unique(groups[positive])), len(np.unique(groups[~positive]))) < 2:
        return
    placed = [placements(each, positive) for each in scores]
    found = variance_of_placements(
        placed[0].positive - placed[1].positive, placed[0].negative - placed[1].negative, positive, groups
    )
    assert found == pytest.approx(max(0.0, naive_variance(scores, positive, groups)), abs=1e-12)
    difference = estimate_area_difference(scores[0], scores[1], positive, groups, confidence=0.95)
    assert difference.value == pytest.approx(roc_auc_score(positive, scores[0]) - roc_auc_score(positive, scores[1]))
    arm = 1.95 * math.sqrt(found)
    assert difference.low <= max(-1, difference.value - arm)
    assert difference.high >= min(1, difference.value + arm)
    assert -1 <= difference.low <= difference.high <= 1


def test_without_groups_the_variance_is_delongs() -> None:
    generator = np.random.default_rng(0)
    positive = np.arange(150) < 60
    scores = [generator.normal(size=150) + shift * positive for shift in (1.0, 0.5)]
    wins = [(each[positive][:, None] > each[~positive]).astype(float) for each in scores]
    s10, s01 = np.cov([each.mean(axis=1) for each in wins]), np.cov([each.mean(axis=0) for each in wins])
    contrast = np.array([1, -1])
    expected = contrast @ (s10 / 60 + s01 / 90) @ contrast
    placed = [placements(each, positive) for each in scores]
    found = variance_of_placements(
        placed[0].positive - placed[1].positive, placed[0].negative - placed[1].negative, positive, np.arange(150)
    )
    assert found == pytest.approx(expected)


def test_two_perfect_models_are_not_certainty() -> None:
    scores, positive = np.arange(40.0), np.arange(40) >= 20
    found = estimate_area_difference(scores, scores**2, positive, np.arange(40), confidence=0.95)
    assert found.low < -0.03 < 0 == found.value < 0.03 < found.high


def test_the_order_of_the_models_turns_the_interval_round() -> None:
    generator = np.random.default_rng(1)
    positive = np.arange(90) % 3 == 0
    one, other = (generator.normal(size=90) + shift * positive for shift in (2.0, 0.3))
    found = estimate_area_difference(one, other, positive, np.arange(90), confidence=0.95)
    turned = estimate_area_difference(other, one, positive, np.arange(90), confidence=0.95)
    assert found.low > 0
    assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low))


def test_a_missing_side_and_a_single_group_are_told() -> None:
    scores = np.arange(10.0)
    nobody = estimate_area_difference(scores, -scores, np.zeros(10, bool), np.arange(10), confidence=0.95)
    assert "of this class" in nobody.reason
    groups = np.where(np.arange(10) < 3, 0, np.arange(10))
    alone = estimate_area_difference(scores, -scores, np.arange(10) < 3, groups, confidence=0.95)
    assert alone.is_defined
    assert not alone.has_interval


@pytest.mark.parametrize("truth", [0.75, 0.97])
def test_equal_areas_are_told_apart_in_at_most_5_percent_of_test_sets(truth: float) -> None:
    generator, test_sets = np.random.default_rng(0), 800
    shift = math.sqrt(2) * norm.ppf(truth)
    positive = np.arange(90) < 30
    told = 0
    for _ in range(test_sets):
        shared = generator.normal(size=90)
        scores = [0.8 * shared + 0.6 * generator.normal(size=90) + shift * positive for _ in range(2)]
        found = estimate_area_difference(scores[0], scores[1], positive, np.arange(90), confidence=0.95)
        told += found.low > 0 or found.high < 0
    assert told / test_sets <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / test_sets)
