import dataclasses
import math

import numpy as np
import pytest
from scipy.stats import binom
from sklearn.metrics import balanced_accuracy_score

from medimage.evaluation.comparison.paired import PairedDifference, paired_difference
from tests.support.simulated_predictions import evaluation_of, of_arrays, predictions

LABELS = np.arange(240) % 3


def answering(answers: np.ndarray, *, labels: np.ndarray = LABELS, per_group: int = 1):
    """Evaluates a model that gives these answers with certainty."""
    return evaluation_of(of_arrays(labels, 20.0 * np.eye(3)[answers], groups=np.arange(len(labels)) // per_group))


def wrong_on(rows: np.ndarray) -> np.ndarray:
    answers = LABELS.copy()
    answers[rows] = (answers[rows] + 1) % 3
    return answers


def difference(first, second) -> PairedDifference:
    return paired_difference(first, second, resamples=2000, seed=0)


def test_the_difference_is_that_of_the_balanced_accuracies():
    one, two = (evaluation_of(predictions(skill=skill, seed=4)) for skill in (3.0, 1.0))
    found = difference(one, two)
    expected = [balanced_accuracy_score(e.test.labels, e.probabilities().argmax(axis=1)) for e in (one, two)]
    assert found.value == pytest.approx(expected[0] - expected[1])
    assert found.low < found.value < found.high
    assert found.is_distinguishable


def test_the_test_of_mcnemar_is_exact():
    only_first, only_second = 14, 4
    first, second = wrong_on(np.arange(100, 100 + only_second)), wrong_on(np.arange(only_first))
    found = difference(answering(first), answering(second))
    assert (found.only_first, found.only_second) == (only_first, only_second)
    assert found.mcnemar == pytest.approx(2 * binom.cdf(only_second, only_first + only_second, 0.5))


def test_the_interval_is_about_that_of_a_paired_normal_approximation():
    first, second = wrong_on(np.arange(0, 30)), wrong_on(np.arange(20, 80))
    found = difference(answering(first), answering(second))
    gain = (first == LABELS).astype(float) - (second == LABELS)
    # Classes have equally many images here, so the difference is the mean gain.
    by_class = [gain[name == LABELS] for name in range(3)]
    half = 1.96 * math.sqrt(sum(values.var() / len(values) for values in by_class)) / 3
    assert (found.low, found.high) == pytest.approx((found.value - half, found.value + half), abs=0.012)


def test_images_of_one_patient_count_once():
    rows = np.arange(0, 40)
    alone, grouped = (
        difference(answering(LABELS, per_group=size), answering(wrong_on(rows), per_group=size)) for size in (1, 20)
    )
    assert grouped.value == alone.value
    assert grouped.high - grouped.low > 2 * (alone.high - alone.low)
    assert math.isnan(grouped.mcnemar)


def test_equal_answers_cannot_be_told_apart():
    found = difference(answering(wrong_on(np.arange(9))), answering(wrong_on(np.arange(9))))
    assert (found.value, found.mcnemar, found.is_distinguishable) == (0, 1, False)


def test_one_group_alone_tells_nothing_apart():
    found = difference(answering(LABELS, per_group=240), answering(wrong_on(np.arange(100)), per_group=240))
    assert math.isnan(found.low)
    assert not found.is_distinguishable
    assert PairedDifference.from_dict(found.to_dict()).to_dict() == found.to_dict()


def test_other_images_are_refused():
    one = answering(LABELS)
    other = dataclasses.replace(one, test=dataclasses.replace(one.test, image_ids=one.test.image_ids[::-1]))
    with pytest.raises(ValueError, match="same images"):
        difference(one, other)
