"""The interval of a drop."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep

from medimage.evaluation.metrics.estimate import Estimate
from medimage.retraining.rate_drop import RateDrop
from tests.support.retrained import drop, rate


@given(right=st.integers(0, 80), before=st.integers(0, 300))
def test_the_interval_is_that_of_statsmodels(right: int, before: int) -> None:
    found = drop(right, 80, before=(before, 300))
    expected = confint_proportions_2indep(right, 80, before, 300, method="newcomb", compare="diff", alpha=0.05)
    assert found.limits == pytest.approx(expected, abs=1e-9)
    assert found.limits[0] <= found.difference <= found.limits[1]


def test_a_drop_of_nothing_is_exceeded_by_no_chance_difference() -> None:
    assert drop(80, 100, before=(95, 100)).exceeds(0.0)
    assert not drop(80, 100, before=(95, 100), is_chance=True).exceeds(0.0)
    assert not drop(100, 100, before=(95, 100)).exceeds(0.0)


def test_a_rate_of_monitoring_is_read_where_both_sides_are_known() -> None:
    unknown = Estimate.undefined("no feedback counts for this rate", n=0, groups=0)
    values = {"name": "accuracy", "in_use": rate(8, 10).to_dict(), "at_reference": rate(9, 10).to_dict()}
    found = RateDrop.of_rate({**values, "fallen": False})
    assert found is not None
    assert found.is_chance
    assert math.isclose(found.difference, -0.1)
    assert RateDrop.of_rate({**values, "fallen": False, "at_reference": None}) is None
    assert RateDrop.of_rate({**values, "fallen": False, "in_use": unknown.to_dict()}) is None
