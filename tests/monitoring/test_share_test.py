"""The comparison of shares, held against SciPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medimage.monitoring.share_test import compare_shares
from tests.support.scipy_tests import SCIPY

COUNTS = st.lists(st.integers(0, 30), min_size=3, max_size=3).filter(lambda counts: sum(counts) > 0)


def names(*counts: int) -> np.ndarray:
    return np.repeat(np.array(["a", "b", "c"][: len(counts)]), counts)


@given(st.integers(0, 40), st.integers(1, 40), st.integers(0, 40), st.integers(1, 40))
def test_two_names_get_the_exact_test(a: int, b: int, c: int, d: int) -> None:
    found = compare_shares(names(a, b), names(c, d))
    assert found.p_value == pytest.approx(SCIPY.fisher_exact([[a, b], [c, d]]).pvalue)
    assert found.size == pytest.approx(abs(a / (a + b) - c / (c + d)))


@given(COUNTS, COUNTS)
def test_more_names_get_the_chi_square_test_of_two_samples(before: list[int], now: list[int]) -> None:
    table = np.array([before, now])
    table = table[:, table.sum(axis=0) > 0]
    found = compare_shares(names(*before), names(*now))
    if table.shape[1] == 3:
        assert found.p_value == pytest.approx(SCIPY.chi2_contingency(table, correction=False).pvalue)
    elif table.shape[1] == 1:
        assert (found.size, found.p_value) == (0.0, 1.0)


def test_a_name_that_the_reference_lacks_is_a_difference_and_no_error() -> None:
    found = compare_shares(names(100, 0), names(50, 50))
    assert found.size == pytest.approx(0.5)
    assert found.p_value < 1e-10


def test_many_rows_are_tested_without_the_exact_test() -> None:
    found = compare_shares(names(1000, 1000), names(60_000, 40_000))
    table = [[1000, 1000], [60_000, 40_000]]
    assert found.p_value == pytest.approx(SCIPY.chi2_contingency(table, correction=False).pvalue)


def test_images_of_one_patient_count_as_one() -> None:
    alone, thrice = (
        compare_shares(names(a, 400), names(b, 250), images_per_case=n) for a, b, n in [(0, 0, 1), (0, 0, 3)]
    )
    assert alone == thrice
    found = compare_shares(names(1200, 1500), names(900, 600), images_per_case=3)
    assert found.p_value == pytest.approx(compare_shares(names(400, 500), names(300, 200)).p_value)


def test_weights_bring_the_shares_of_the_reference_to_those_of_the_window() -> None:
    reference = names(800, 200)
    weights = np.where(reference == "a", 0.5 / 0.8, 0.5 / 0.2)
    found = compare_shares(reference, names(250, 250), weights=weights)
    assert found.size == pytest.approx(0.0, abs=1e-12)
    assert found.p_value > 0.9
