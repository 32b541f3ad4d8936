"""The comparison of numbers, held against SciPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from medimage.monitoring.number_test import compare_numbers, effective_size
from tests.support.scipy_tests import SCIPY

NUMBERS = arrays(np.float64, st.integers(2, 40), elements=st.floats(-5, 5, width=16))


@given(NUMBERS, NUMBERS)
def test_without_weights_it_is_the_test_of_scipy(reference: np.ndarray, window: np.ndarray) -> None:
    expected = SCIPY.ks_2samp(reference, window, method="asymp")
    found = compare_numbers(reference, window)
    assert (found.size, found.p_value) == pytest.approx((expected.statistic, expected.pvalue))


@given(NUMBERS, NUMBERS)
def test_weights_of_one_change_no_distance(reference: np.ndarray, window: np.ndarray) -> None:
    weighted = compare_numbers(reference, window, weights=np.ones(len(reference)))
    assert weighted.size == pytest.approx(SCIPY.ks_2samp(reference, window, method="asymp").statistic)


@given(NUMBERS, NUMBERS, st.integers(1, 4))
def test_whole_weights_are_repetitions(reference: np.ndarray, window: np.ndarray, times: int) -> None:
    weights = np.arange(len(reference)) % times + 1
    repeated = SCIPY.ks_2samp(np.repeat(reference, weights), window, method="asymp")
    assert compare_numbers(reference, window, weights=weights.astype(float)).size == pytest.approx(repeated.statistic)


def test_images_of_one_patient_count_as_one() -> None:
    generator = np.random.default_rng(4)
    patients, others = generator.normal(size=300), generator.normal(0.3, size=200)
    found = compare_numbers(np.repeat(patients, 3), np.repeat(others, 3), images_per_case=3)
    expected = compare_numbers(patients, others)
    assert (found.size, found.p_value) == pytest.approx((expected.size, expected.p_value))


def test_the_p_value_of_weighted_numbers_is_that_of_as_many_as_they_are_worth() -> None:
    generator = np.random.default_rng(0)
    reference, window = generator.normal(size=4000), generator.normal(0.05, size=3000)
    found = compare_numbers(reference, window, weights=np.ones(4000))
    assert found.p_value == pytest.approx(SCIPY.ks_2samp(reference, window, method="asymp").pvalue, rel=0.05)


def test_images_of_uneven_weight_are_worth_fewer() -> None:
    uneven = np.where(np.arange(2000) < 100, 20.0, 0.01)
    assert effective_size(uneven) < 120
    assert effective_size(np.ones(2000)) == pytest.approx(2000)


def test_weighted_false_alarms_are_as_rare_as_the_level_says() -> None:
    generator = np.random.default_rng(2)
    p_values = []
    for _ in range(400):
        kind = generator.random(600) < 0.5
        reference = generator.normal(np.where(kind, 0.0, 2.0))
        window = generator.normal(np.where(generator.random(300) < 0.2, 0.0, 2.0))
        p_values.append(compare_numbers(reference, window, weights=np.where(kind, 0.4, 1.6)).p_value)
    assert np.mean(np.array(p_values) <= 0.05) <= 0.08
