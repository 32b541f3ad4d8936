import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medimage.evaluation.gate.further_cases import cases_to_clear_from_above, cases_to_clear_from_below
from medimage.evaluation.metrics.interval import clopper_pearson_interval, wilson_interval


@given(cases=st.integers(20, 400), share=st.floats(0.5, 1), between=st.floats(0.05, 0.9))
def test_so_many_cases_are_just_enough_for_wilsons_limit(cases: int, share: float, between: float) -> None:
    rate = round(cases * share) / cases
    low, _ = wilson_interval(rate * cases, cases)
    threshold = low + between * (rate - low)
    needed = cases_to_clear_from_above(value=rate, limit=low, threshold=threshold, cases=cases)
    assert needed is not None
    assert needed > cases
    assert wilson_interval(rate * needed, needed)[0] >= threshold - 1e-9
    assert wilson_interval(rate * (needed - 1.01), needed - 1.01)[0] < threshold


@given(cases=st.integers(10, 200), share=st.floats(0.81, 1))
def test_so_many_cases_are_enough_for_the_exact_limit_and_not_many_more(cases: int, share: float) -> None:
    low, _ = clopper_pearson_interval(share * cases, cases)
    needed = cases_to_clear_from_above(value=share, limit=low, threshold=0.8, cases=cases)
    assert needed is not None
    assert clopper_pearson_interval(share * needed, needed)[0] >= 0.8 - 1e-9
    fewer = max(cases, needed / 1.34) - 1.01
    assert clopper_pearson_interval(share * fewer, fewer)[0] < 0.8 or low >= 0.8


def test_effect_of_repeated_images_is_carried_along() -> None:
    # 90 of 100 images, worth 50 independent ones, from 40 cases.
    low, _ = wilson_interval(45, 50)
    needed = cases_to_clear_from_above(value=0.9, limit=low, threshold=0.85, cases=40)
    assert needed is not None
    assert wilson_interval(0.9 * needed * 50 / 40, needed * 50 / 40)[0] == pytest.approx(0.85, abs=0.001)


def test_an_error_narrows_with_the_square_root_of_the_cases() -> None:
    assert cases_to_clear_from_below(value=0.06, limit=0.14, threshold=0.1, cases=50) == 200


@pytest.mark.parametrize(("value", "limit"), [(0.8, 0.7), (0.7, 0.5), (0.9, 0.0)])
def test_no_number_of_cases_helps_an_estimate_that_is_not_above(value: float, limit: float) -> None:
    assert cases_to_clear_from_above(value=value, limit=limit, threshold=0.8, cases=30) is None


def test_no_number_of_cases_helps_an_error_that_is_not_below() -> None:
    assert cases_to_clear_from_below(value=0.1, limit=0.2, threshold=0.1, cases=30) is None


def test_nothing_more_is_needed_where_the_limit_clears() -> None:
    assert cases_to_clear_from_above(value=0.9, limit=0.85, threshold=0.8, cases=30) == 30
    assert cases_to_clear_from_below(value=0.05, limit=0.08, threshold=0.1, cases=30) == 30
    assert math.isclose(wilson_interval(27, 30)[0], 0.7438, abs_tol=1e-3)
