"""Whether two samples of points have the same mean."""

import numpy as np
import pytest
from statsmodels.multivariate.manova import MANOVA

from medimage.monitoring.mean_test import compare_means, discriminant
from tests.support.scipy_tests import SCIPY


def samples(*, shift: float, coordinates: int = 5) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    mixed = generator.normal(size=(coordinates, coordinates))
    before, now = (generator.normal(size=(images, coordinates)) @ mixed for images in (120, 90))
    return before, now + shift


@pytest.mark.parametrize("shift", [0.0, 0.3, 1.0])
def test_the_p_value_is_that_of_statsmodels(shift: float) -> None:
    before, now = samples(shift=shift)
    of_window = np.repeat([0.0, 1.0], [len(before), len(now)])
    model = MANOVA(np.concatenate([before, now]), np.stack([np.ones_like(of_window), of_window], axis=1))
    found = model.mv_test([("window", np.array([[0.0, 1.0]]))]).results["window"]["stat"]
    expected = float(found.loc["Hotelling-Lawley trace", "Pr > F"])
    assert compare_means(before, now).p_value == pytest.approx(expected, rel=1e-6)


def test_with_one_coordinate_it_is_the_test_of_student() -> None:
    before, now = samples(shift=0.4, coordinates=1)
    expected = SCIPY.ttest_ind(before[:, 0], now[:, 0])
    assert compare_means(before, now).p_value == pytest.approx(expected.pvalue)


def test_an_image_that_counts_for_many_moves_the_mean() -> None:
    before, now = samples(shift=0.0)
    weights = np.ones(len(before))
    weights[before[:, 0] < 0] = 3
    found = discriminant(before, now, weights=weights)
    expected = now.mean(axis=0) - np.average(before, axis=0, weights=weights)
    assert (found.direction @ expected) == pytest.approx(found.distance**2)
    assert found.distance > discriminant(before, now, weights=np.ones(len(before))).distance + 0.2


def test_images_of_one_patient_make_a_difference_less_sure() -> None:
    before, now = samples(shift=0.4)
    assert compare_means(before, now, images_per_case=3).p_value > compare_means(before, now).p_value


def test_a_coordinate_without_spread_changes_nothing() -> None:
    before, now = samples(shift=0.4)
    widened = [np.column_stack([points, np.ones(len(points))]) for points in (before, now)]
    assert compare_means(*widened).distance == pytest.approx(compare_means(before, now).distance)


def test_fewer_cases_than_coordinates_prove_nothing() -> None:
    before, now = samples(shift=5.0, coordinates=40)
    assert compare_means(before[:20], now[:20]).p_value == 1.0


def test_the_size_is_the_distance_of_two_normal_distributions() -> None:
    generator = np.random.default_rng(1)
    before, now = generator.normal(size=(20_000, 1)), generator.normal(1.0, size=(20_000, 1))
    expected = SCIPY.ks_2samp(before[:, 0], now[:, 0]).statistic
    assert compare_means(before, now).size == pytest.approx(expected, abs=0.02)
