from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.metrics.estimate import Estimate
from medimage.export.precision.sensitivity_change import SensitivityChange, measure_changes
from tests.support.simulated_predictions import evaluation_of, of_arrays, predictions


def change_of(*, images: int, lost: int, won: int) -> SensitivityChange:
    return SensitivityChange(
        scope="covid",
        answer="most probable class",
        images=images,
        lost=lost,
        won=won,
        difference=Estimate.undefined("not needed here", n=images, groups=images),
    )


@given(st.data())
def test_a_drop_is_within_the_margin_exactly_up_to_it(data: st.DataObject) -> None:
    images = data.draw(st.integers(1, 10_000))
    lost = data.draw(st.integers(0, images))
    won = data.draw(st.integers(0, images - lost))
    thousandths = data.draw(st.integers(0, 100))
    margin = float(Decimal(thousandths) / 1000)
    # In whole numbers, without any division: (lost - won) / images <= thousandths / 1000.
    assert change_of(images=images, lost=lost, won=won).is_within(margin) == (
        (lost - won) * 1000 <= thousandths * images
    )


@pytest.mark.parametrize(("lost", "within"), [(1, True), (2, False)])
def test_one_case_in_a_hundred_is_the_margin_and_two_are_more(lost: int, within: bool) -> None:
    assert change_of(images=100, lost=lost, won=0).is_within(0.01) is within
    # 0.07 * 100 is more than 7 in floating point, and 0.29 * 100 less than 29.
    assert change_of(images=100, lost=6 + lost, won=0).is_within(0.07) is within


def pair() -> tuple[Evaluation, Evaluation]:
    """Returns a model, and the same after it has lost five cases of tb and won two, on the same images."""
    before = predictions(skill=4.0)
    after = before.logits.copy()
    right = before.logits.argmax(axis=1) == before.labels
    of_tb = before.labels == 2
    after[np.flatnonzero(of_tb & right)[:5]] = [9.0, 0.0, -9.0]
    after[np.flatnonzero(of_tb & ~right)[:2]] = [0.0, 0.0, 9.0]
    return evaluation_of(before), evaluation_of(of_arrays(before.labels, after))


def test_lost_and_won_cases_are_counted_for_each_class() -> None:
    full, reduced = pair()
    changes = {
        (change.scope, change.answer): change for change in measure_changes(full, reduced, resamples=200, seed=0)
    }
    tb = changes[("tb", "most probable class")]
    wrong = int(((full.probabilities().argmax(axis=1) != full.test.labels) & (full.test.labels == 2)).sum())
    assert (tb.lost, tb.won, tb.images) == (5, min(2, wrong), 80)
    assert tb.difference.value == pytest.approx((tb.won - tb.lost) / 80)
    assert tb.difference.low < tb.difference.value < tb.difference.high
    for name in ("covid", "normal"):
        other = changes[(name, "most probable class")]
        assert (other.lost, other.won) == (0, 0)
        assert other.is_within(0)


def test_the_operating_point_is_that_of_single_precision() -> None:
    full, reduced = pair()
    rules = full.rules
    assert rules is not None
    threshold = rules.operating_points["tb"].threshold
    assert threshold is not None
    (change,) = [
        each
        for each in measure_changes(full, reduced, resamples=200, seed=0)
        if each.scope == "tb" and each.answer == "operating point"
    ]
    of_tb = full.test.labels == 2
    found = [evaluation.probabilities()[of_tb, 2] >= threshold for evaluation in (full, reduced)]
    assert change.lost == int((found[0] & ~found[1]).sum())
    assert change.won == int((~found[0] & found[1]).sum())
    assert change.title == "sensitivity of tb at its operating point"


def test_other_images_are_refused() -> None:
    full, _ = pair()
    with pytest.raises(ValueError, match="same images"):
        measure_changes(full, evaluation_of(predictions(images=120)), resamples=200, seed=0)


def test_a_change_comes_back_as_it_was() -> None:
    for change in measure_changes(*pair(), resamples=200, seed=0):
        assert SensitivityChange.from_dict(change.to_dict()) == change
