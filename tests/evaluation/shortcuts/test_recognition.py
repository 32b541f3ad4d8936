import math

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score

from medimage.evaluation.shortcuts.recognition import Recognition, measure_recognition

ANSWERS = ("a", "b", "c")


def random_answers(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    actual = np.repeat([0, 1, 2], [60, 30, 10])
    predicted = np.where(generator.random(100) < 0.6, actual, generator.integers(0, 3, 100))
    return actual, predicted, np.arange(100) // 2


def test_balanced_accuracy_and_informedness_are_those_of_the_answers() -> None:
    actual, predicted, groups = random_answers(0)
    told = measure_recognition(actual=actual, predicted=predicted, groups=groups, answers=ANSWERS, seed=0)
    assert told.balanced_accuracy.value == pytest.approx(balanced_accuracy_score(actual, predicted))
    assert (told.balanced_accuracy.n, told.balanced_accuracy.groups) == (100, 50)
    assert told.chance == pytest.approx(1 / 3)
    for index, name in enumerate(ANSWERS):
        # With two answers, informedness is the balanced accuracy corrected for chance.
        expected = balanced_accuracy_score(actual == index, predicted == index, adjusted=True)
        assert told.informedness[name].value == pytest.approx(expected)


def test_answers_without_a_mistake_do_not_claim_certainty() -> None:
    actual = np.repeat([0, 1], 12)
    told = measure_recognition(actual=actual, predicted=actual, groups=np.arange(24), answers=("a", "b"), seed=0)
    assert told.balanced_accuracy.value == 1
    assert told.balanced_accuracy.low < 0.95
    assert told.informedness["a"].low < told.informedness["a"].value == 1


def test_gain_counts_from_guessing_to_knowing_by_the_lower_limit() -> None:
    actual, predicted, groups = random_answers(1)
    told = measure_recognition(actual=actual, predicted=predicted, groups=groups, answers=ANSWERS, seed=0)
    assert told.gain == pytest.approx((told.balanced_accuracy.low - 1 / 3) / (2 / 3))


def test_what_was_not_computed_is_no_number_and_keeps_its_reason() -> None:
    nothing = Recognition.not_computed("one origin", n=5, groups=4)
    assert math.isnan(nothing.gain)
    loaded = Recognition.from_dict(nothing.to_dict())
    assert loaded.balanced_accuracy.reason == "one origin"
    assert math.isnan(loaded.chance)
