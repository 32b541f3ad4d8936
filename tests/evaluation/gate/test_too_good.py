import numpy as np
import pytest

from medimage.evaluation.gate.too_good import warn_of_perfection
from tests.support.simulated_predictions import evaluation_of, of_arrays, predictions

LABELS = np.arange(300) % 3


def perfect(*, wrong: int = 0, certainty: float = 30.0):
    answers = LABELS.copy()
    answers[:wrong] = (answers[:wrong] + 1) % 3
    return evaluation_of(of_arrays(LABELS, certainty * np.eye(3)[answers]))


@pytest.mark.parametrize(
    ("evaluation", "told"),
    [
        (perfect(), "300 of 300"),
        (perfect(wrong=1), "299 of 300"),
        (perfect(certainty=1.0), "300 of 300"),
        (perfect(wrong=60), "240 of 300"),
    ],
)
def test_nearly_all_right_or_nearly_certain_is_a_warning_sign(evaluation, told):
    (sentence,) = warn_of_perfection(evaluation, clusters=7, crossing=0)
    assert told in sentence
    assert "warning sign" in sentence
    assert "7 clusters of near-duplicates, and none crosses" in sentence


def test_an_ordinary_result_is_none():
    assert warn_of_perfection(evaluation_of(predictions(skill=3.0)), clusters=7, crossing=0) == ()


def test_duplicates_that_cross_are_told():
    (sentence,) = warn_of_perfection(perfect(), clusters=1, crossing=1)
    assert "1 cluster of near-duplicates, and 1 cross the split" in sentence
