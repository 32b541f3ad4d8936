import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats.contingency import association

from medimage.evaluation.shortcuts.association import estimate_association

TABLES = st.integers(2, 5).flatmap(
    lambda columns: st.lists(
        st.lists(st.integers(0, 60), min_size=columns, max_size=columns), min_size=2, max_size=5
    ).filter(lambda rows: (np.asarray(rows).sum(axis=0) > 0).all() and (np.asarray(rows).sum(axis=1) > 0).all())
)


@given(TABLES)
def test_value_is_bergsmas_correction_of_the_plain_coefficient(rows: list[list[int]]) -> None:
    table = np.asarray(rows)
    total, (height, width) = int(table.sum()), table.shape
    estimate = estimate_association(table)
    plain = float(association(table, method="cramer"))
    phi_squared = plain**2 * (min(height, width) - 1)
    excess = max(0.0, phi_squared - (height - 1) * (width - 1) / (total - 1))
    narrow = min(height - (height - 1) ** 2 / (total - 1), width - (width - 1) ** 2 / (total - 1)) - 1
    if narrow <= 0:
        assert not estimate.is_defined
        return
    assert estimate.value == pytest.approx(min(1.0, math.sqrt(excess / narrow)), abs=1e-9)
    assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1


def test_a_table_worked_out_by_hand() -> None:
    # chi-squared is 100 x (40 x 40 - 10 x 10)^2 / 50^4 = 36; phi^2 = 0.36 - 1 / 99; both sides narrow to 2 - 1 / 99.
    estimate = estimate_association(np.array([[40, 10], [10, 40]]))
    assert estimate.value == pytest.approx(math.sqrt((0.36 - 1 / 99) / (1 - 1 / 99)))


def test_what_decides_is_one_and_what_says_nothing_is_zero() -> None:
    assert estimate_association(np.diag([200, 300, 400])).value == pytest.approx(1, abs=1e-3)
    independent = estimate_association(np.array([[100, 100], [100, 100]]))
    assert (independent.value, independent.low) == (0, 0)
    assert independent.high > 0.05


def test_large_tables_agree_with_the_plain_coefficient() -> None:
    table = np.array([[5000, 1000, 200], [700, 3000, 100]])
    assert estimate_association(table).value == pytest.approx(float(association(table, method="cramer")), abs=1e-3)


def test_nothing_to_compare_is_told_and_not_zero() -> None:
    for table in (np.array([[5], [7]]), np.array([[5, 0], [7, 0]]), np.zeros((2, 0), np.int64)):
        assert "never varies" in estimate_association(table).reason


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    shares = np.array([[0.30, 0.10], [0.15, 0.25], [0.05, 0.15]])
    # Two columns: V is the root of phi squared alone.
    truth = float(association((shares * 1e6).astype(np.int64), method="cramer"))
    generator = np.random.default_rng(0)
    held = 0
    for _ in range(400):
        estimate = estimate_association(generator.multinomial(300, shares.ravel()).reshape(shares.shape))
        held += estimate.low <= truth <= estimate.high
    assert 0.92 <= held / 400 <= 0.98


def test_independent_tables_of_few_cases_do_not_look_associated() -> None:
    generator = np.random.default_rng(1)
    tables = [generator.multinomial(60, np.full(15, 1 / 15)).reshape(5, 3) for _ in range(300)]
    assert np.mean([estimate_association(table).low >= 0.3 for table in tables]) <= 0.01
