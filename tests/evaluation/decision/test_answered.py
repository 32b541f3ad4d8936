import numpy as np
import pytest

from medimage.evaluation.decision.answered import error_by_share_answered
from tests.evaluation.decision.test_abstention import drawn


def test_errors_are_those_of_the_surest_answers() -> None:
    scores = drawn(np.random.default_rng(0), images=200)
    curve = error_by_share_answered(scores.probabilities, scores.labels, scores.groups, confidence=0.95)
    surest = np.argsort(-scores.probabilities.max(axis=1), kind="stable")
    wrong = scores.probabilities.argmax(axis=1) != scores.labels
    assert [each.share for each in curve] == pytest.approx(np.arange(10, 101, 5) / 100)
    for each in curve:
        assert each.error.value == pytest.approx(wrong[surest[: round(each.share * 200)]].mean())
        assert each.error.n == round(each.share * 200)


def test_answers_of_equal_sureness_are_given_together() -> None:
    probabilities = np.full((40, 2), 0.5)
    curve = error_by_share_answered(probabilities, np.arange(40) % 2, np.arange(40), confidence=0.95)
    assert [each.share for each in curve] == [1.0]
