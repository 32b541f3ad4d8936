import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm, rankdata
from sklearn.metrics import roc_auc_score

from medimage.evaluation.metrics.auroc import (
    estimate_auroc,
    midranks,
    newcombe_interval,
    placements,
    variance_of_placements,
)
from medimage.evaluation.metrics.combination import mean_of_areas


def auroc_and_variance(scores: np.ndarray, positive: np.ndarray, groups: np.ndarray) -> tuple[float, float]:
    placed = placements(scores, positive)
    return placed.area, variance_of_placements(placed.positive, placed.negative, positive, groups)


def _brute_force(scores: np.ndarray, positive: np.ndarray, groups: np.ndarray) -> tuple[float, float]:
    """Area and variance from the matrix of all pairs, term by term as in Obuchowski (1997)."""
    wins = np.array([[float(x > y) + 0.5 * float(x == y) for y in scores[~positive]] for x in scores[positive]])
    area = wins.mean()
    rows, columns = groups[positive], groups[~positive]
    m, n = wins.shape
    tens, ones, both = np.unique(rows), np.unique(columns), np.unique(groups)
    s10 = len(tens) / ((len(tens) - 1) * m) * sum(((wins.mean(1) - area)[rows == g].sum()) ** 2 for g in tens)
    s01 = len(ones) / ((len(ones) - 1) * n) * sum(((wins.mean(0) - area)[columns == g].sum()) ** 2 for g in ones)
    s11 = (
        len(both)
        / (len(both) - 1)
        * sum((wins.mean(1) - area)[rows == g].sum() * (wins.mean(0) - area)[columns == g].sum() for g in both)
    )
    return area, s10 / m + s01 / n + 2 * s11 / (m * n)


@given(st.lists(st.integers(0, 8), min_size=1, max_size=50))
def test_midranks_match_scipy(values: list[int]) -> None:
    assert midranks(np.array(values, float)).tolist() == rankdata(values).tolist()


@given(seed=st.integers(0, 10_000), images=st.integers(8, 60), levels=st.integers(2, 30), repeat=st.booleans())
def test_area_and_variance_match_brute_force_and_scikit_learn(
    seed: int, images: int, levels: int, repeat: bool
) -> None:
    generator = np.random.default_rng(seed)
    scores = generator.integers(0, levels, images).astype(float)
    positive = np.arange(images) % 3 == 0
    groups = generator.integers(0, images // 2, images) if repeat else np.arange(images)
    if min(len(np.unique(groups[positive])), len(np.unique(groups[~positive]))) < 2:
        return
    area, variance = auroc_and_variance(scores, positive, groups)
    expected_area, expected_variance = _brute_force(scores, positive, groups)
    assert area == pytest.approx(roc_auc_score(positive, scores))
    assert area == pytest.approx(expected_area)
    assert variance == pytest.approx(max(0, expected_variance), abs=1e-12)


def test_variance_matches_delongs_definition() -> None:
    generator = np.random.default_rng(0)
    positive = np.arange(200) < 80
    scores = generator.normal(size=200) + positive
    wins = (scores[positive][:, None] > scores[~positive]).astype(float)
    expected = wins.mean(1).var(ddof=1) / 80 + wins.mean(0).var(ddof=1) / 120
    assert auroc_and_variance(scores, positive, np.arange(200))[1] == pytest.approx(expected)


def test_copies_of_images_do_not_narrow_the_interval() -> None:
    generator = np.random.default_rng(0)
    positive = np.arange(120) % 2 == 0
    scores = generator.normal(size=120) + 1.2 * positive
    once = estimate_auroc(scores, positive, np.arange(120))
    thrice = estimate_auroc(np.repeat(scores, 3), np.repeat(positive, 3), np.repeat(np.arange(120), 3))
    assert (thrice.value, thrice.low, thrice.high) == pytest.approx((once.value, once.low, once.high), abs=1e-9)


@pytest.mark.parametrize(("area", "positives", "negatives"), [(0.9, 20, 80), (0.5, 10, 10), (0.99, 100, 400)])
def test_newcombe_limits_lie_z_standard_errors_away(area: float, positives: int, negatives: int) -> None:
    for limit in newcombe_interval(area, positives=positives, negatives=negatives):
        size = (positives + negatives) / 2 - 1
        variance = limit * (1 - limit) * (1 + size * ((1 - limit) / (2 - limit) + limit / (1 + limit)))
        assert abs(area - limit) == pytest.approx(1.959964 * math.sqrt(variance / (positives * negatives)), rel=1e-5)


def test_perfect_order_of_few_cases_is_not_certain() -> None:
    scores, positive = np.arange(20.0), np.arange(20) >= 10
    estimate = estimate_auroc(scores, positive, np.arange(20))
    assert (estimate.value, estimate.high) == (1, 1)
    assert 0.7 < estimate.low < 0.95
    reversed_order = estimate_auroc(-scores, positive, np.arange(20))
    assert (reversed_order.value, reversed_order.low) == (0, 0)
    assert reversed_order.high == pytest.approx(1 - estimate.low, abs=1e-6)


def test_equal_scores_give_one_half() -> None:
    estimate = estimate_auroc(np.ones(30), np.arange(30) < 10, np.arange(30))
    assert estimate.value == 0.5
    assert estimate.low < 0.5 < estimate.high


def test_a_missing_side_is_undefined_with_a_reason() -> None:
    for positive, words in ((np.zeros(5, bool), "of this class"), (np.ones(5, bool), "of any other class")):
        estimate = estimate_auroc(np.arange(5.0), positive, np.arange(5))
        assert not estimate.is_defined
        assert words in estimate.reason
        assert not mean_of_areas([estimate, estimate]).is_defined


@pytest.mark.parametrize("truth", [0.75, 0.9, 0.98])
def test_interval_covers_the_true_area(truth: float) -> None:
    generator = np.random.default_rng(0)
    shift = math.sqrt(2) * norm.ppf(truth)
    positive = np.arange(100) < 30
    too_high, covered = 0, 0
    for _ in range(800):
        estimate = estimate_auroc(generator.normal(size=100) + shift * positive, positive, np.arange(100))
        covered += estimate.low <= truth <= estimate.high
        too_high += estimate.low > truth
    assert covered / 800 > 0.95 - 0.02
    assert too_high / 800 < 0.025 + 0.012


@pytest.mark.parametrize("correlation", [0.5, 1.0])
@pytest.mark.parametrize("kind", ["one has half of all", "most few, some up to 50"])
def test_a_true_area_is_below_the_lower_limit_in_at_most_2_5_percent_where_few_patients_have_many_images(
    kind: str, correlation: float
) -> None:
    generator, truth, test_sets = np.random.default_rng(0), 0.85, 400
    shift = math.sqrt(2) * norm.ppf(truth)

    def sizes(patients: int) -> np.ndarray:
        if kind == "one has half of all":
            return np.append(patients - 1, np.ones(patients - 1, dtype=np.int64))
        return np.clip(np.ceil(generator.pareto(1.2, patients)), 1, 50).astype(np.int64)

    too_high = 0
    for _ in range(test_sets):
        sick = sizes(60)
        patients = np.repeat(np.arange(260), np.concatenate([sick, sizes(200)]))
        positive = patients < 60
        shared, own = generator.normal(size=260)[patients], generator.normal(size=len(patients))
        scores = math.sqrt(correlation) * shared + math.sqrt(1 - correlation) * own + shift * positive
        too_high += estimate_auroc(scores, positive, patients).low > truth
    assert too_high / test_sets <= 0.025 + 3 * math.sqrt(0.025 * 0.975 / test_sets)
