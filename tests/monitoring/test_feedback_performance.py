"""What feedback or labels say of the answers of a window."""

from datetime import timedelta

import numpy as np
import pytest
from scipy import stats

from medimage.monitoring.drift_settings import DriftSettings
from medimage.monitoring.feedback_performance import FeedbackPerformance, measure_performance
from medimage.monitoring.judgements import Judgements
from medimage.serving.feedback_log.logged_feedback import LoggedFeedback
from tests.support.observed import CLASSES, MODEL, START
from tests.support.scipy_tests import SCIPY


def said(name: str, *, agrees: bool, label: str | None = None, minute: int = 0, caller: str = "a") -> LoggedFeedback:
    time = START + timedelta(minutes=minute)
    return LoggedFeedback(prediction_id=name, time=time, model=MODEL, agrees=agrees, label=label, caller=caller)


def measure(
    feedback: list[LoggedFeedback],
    *,
    answered: dict[str, str],
    reference: tuple[np.ndarray, np.ndarray] | None = None,
) -> FeedbackPerformance:
    judgements = Judgements.of_feedback(feedback, answered=answered)
    return measure_performance(
        judgements, answered=answered, classes=CLASSES, reference=reference, settings=DriftSettings()
    )


def test_rates_have_the_intervals_of_wilson() -> None:
    answered = {str(number): "ill" if number < 60 else "well" for number in range(100)}
    feedback = [said(name, agrees=int(name) % 10 != 0, label=None if int(name) % 10 else "well") for name in answered]
    found = {rate.name: rate.in_use for rate in measure(feedback, answered=answered).rates}
    expected = stats.binomtest(94, 100).proportion_ci(method="wilson")
    assert found["accuracy"].value == pytest.approx(0.94)
    assert (found["accuracy"].low, found["accuracy"].high) == pytest.approx((expected.low, expected.high))
    # Six of those answered ill are well; the four answered well of which somebody said well are right.
    assert found["sensitivity of well"].n == 46
    assert found["sensitivity of ill"].value == 1.0


def test_a_wrong_answer_without_a_known_class_is_wrong_and_counts_for_no_class() -> None:
    found = measure([said("1", agrees=False), said("2", agrees=True)], answered={"1": "ill", "2": "ill"})
    rates = {rate.name: rate.in_use for rate in found.rates}
    assert (rates["accuracy"].value, rates["sensitivity of ill"].n) == (0.5, 1)
    assert found.unknown_class == 1
    assert not rates["sensitivity of well"].is_defined


def test_labels_are_joined_as_feedback_is_and_one_image_of_two_classes_is_left_out() -> None:
    answered = {"1": "ill", "2": "ill", "3": "well", "4": "well"}
    said = {"1": {"ill"}, "2": {"well"}, "3": {None}, "4": {"ill", "well"}, "5": {"ill"}}
    judgements = Judgements.of_labels({name: frozenset(of) for name, of in said.items()}, answered=answered)
    found = measure_performance(
        judgements, answered=answered, classes=CLASSES, reference=None, settings=DriftSettings()
    )
    assert (found.source, found.judged, found.disputed, found.unknown_class, found.unmatched) == ("labels", 3, 1, 1, 1)
    assert found.rates[0].in_use.value == pytest.approx(1 / 3)


def test_the_last_word_of_a_caller_counts_and_callers_who_differ_are_left_out() -> None:
    corrected = [said("1", agrees=False, label="well"), said("1", agrees=True, minute=1)]
    differing = [said("2", agrees=True), said("2", agrees=False, label="well", caller="b")]
    found = measure([*corrected, *differing], answered={"1": "ill", "2": "ill"})
    assert (found.judged, found.disputed) == (1, 1)
    assert found.rates[0].in_use.value == 1.0


def test_feedback_on_answers_outside_the_window_is_counted_apart() -> None:
    found = measure([said("9", agrees=True)], answered={"1": "ill"})
    assert (found.judged, found.unmatched) == (0, 1)


def test_a_model_that_is_right_less_often_than_on_the_reference_is_told() -> None:
    truth = np.array(["ill", "well"] * 100)
    answered = {str(number): "ill" for number in range(100)}
    feedback = [
        said(name, agrees=int(name) % 2 == 0, label=None if int(name) % 2 == 0 else "well") for name in answered
    ]
    found = measure(feedback, answered=answered, reference=(truth, truth))
    assert {rate.name for rate in found.fallen} == {"accuracy", "sensitivity of well"}
    p_value = SCIPY.fisher_exact([[50, 50], [200, 0]]).pvalue
    assert found.rates[0].p_value == pytest.approx(p_value)


def test_a_model_as_good_as_on_the_reference_has_not_fallen() -> None:
    truth = np.array(["ill", "well"] * 100)
    answered = {str(number): "ill" for number in range(100)}
    found = measure([said(name, agrees=True) for name in answered], answered=answered, reference=(truth, truth))
    assert found.fallen == ()
