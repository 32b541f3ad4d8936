import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from medimage.evaluation.subgroups.holm import holm_adjusted


@pytest.mark.parametrize("count", [1, 2, 7, 60])
def test_adjusted_p_values_are_those_of_statsmodels(count: int) -> None:
    p_values = np.random.default_rng(count).beta(0.3, 1, count).round(2).tolist()
    np.testing.assert_allclose(holm_adjusted(p_values), multipletests(p_values, method="holm")[1], atol=1e-12)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60))
def test_adjusting_keeps_the_order_and_lies_between_the_p_value_and_bonferronis(p_values: list[float]) -> None:
    adjusted = holm_adjusted(p_values)
    for p, own in zip(p_values, adjusted, strict=True):
        assert p <= own <= min(1.0, len(p_values) * p) or own == pytest.approx(min(1.0, len(p_values) * p))
    assert [own for _, own in sorted(zip(p_values, adjusted, strict=True))] == sorted(adjusted)


def test_no_comparison_has_nothing_to_adjust() -> None:
    assert holm_adjusted([]) == ()


@pytest.mark.parametrize("wrong", [-0.1, 1.1, float("nan")])
def test_what_is_no_p_value_is_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="p-values from 0 to 1"):
        holm_adjusted([0.5, wrong])
