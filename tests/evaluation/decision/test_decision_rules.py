import json

import numpy as np
import pytest

from medimage.config.decision import DecisionConfig
from medimage.config.evaluation import EvaluationConfig
from medimage.evaluation.evaluate import evaluate
from medimage.evaluation.evaluation import Evaluation
from tests.support.simulated_predictions import LATENCY, of_arrays, on_validation, predictions

EVERYTHING = EvaluationConfig(bootstrap_resamples=200, decision=DecisionConfig(conformal_coverage=0.9))


def evaluated(*, skill: float = 3.0, config: EvaluationConfig = EVERYTHING, test=None) -> Evaluation:
    return evaluate(
        validation=on_validation(predictions(images=300, skill=skill, seed=1)),
        test=predictions(images=300, skill=skill) if test is None else test,
        latency=LATENCY,
        config=config,
        seed=0,
    )


def test_rules_are_the_same_whatever_the_test_images_say() -> None:
    wrong = predictions(images=300, skill=-3.0)
    assert evaluated().rules == evaluated(test=wrong).rules


def test_rates_at_the_operating_points_are_those_counted_by_hand() -> None:
    evaluation = evaluated()
    assert evaluation.rules is not None
    assert evaluation.decisions is not None
    probabilities, labels = evaluation.probabilities(), evaluation.test.labels
    for index, (name, point) in enumerate(evaluation.rules.operating_points.items()):
        positive = probabilities[:, index] >= point.threshold
        measured = evaluation.decisions.at_operating_point[name]
        assert measured.sensitivity.value == pytest.approx(positive[labels == index].mean())
        assert measured.specificity.value == pytest.approx(1 - positive[labels != index].mean())
        assert (measured.sensitivity.n, measured.specificity.n) == (100, 200)


def test_answers_given_and_their_errors_are_those_counted_by_hand() -> None:
    evaluation = evaluated(skill=4.0)
    assert evaluation.rules is not None
    assert evaluation.decisions is not None
    rule, measured = evaluation.rules.abstention, evaluation.decisions.with_abstention
    assert rule is not None
    assert rule.threshold is not None
    assert measured is not None
    given = evaluation.probabilities().max(axis=1) >= rule.threshold
    wrong = evaluation.probabilities().argmax(axis=1) != evaluation.test.labels
    assert measured.answered.value == pytest.approx(given.mean())
    assert measured.error.value == pytest.approx(wrong[given].mean())
    assert measured.error.n == given.sum()


def test_sets_are_counted() -> None:
    evaluation = evaluated()
    assert evaluation.rules is not None
    assert evaluation.rules.conformal is not None
    assert evaluation.decisions is not None
    measured = evaluation.decisions.with_sets
    assert measured is not None
    members = evaluation.rules.conformal.members(evaluation.probabilities())
    assert measured.mean_size == pytest.approx(members.sum(axis=1).mean())
    assert measured.single.value == pytest.approx((members.sum(axis=1) == 1).mean())
    assert measured.coverage["tb"].value == pytest.approx(members[evaluation.test.labels == 2, 2].mean())


def test_what_is_not_asked_for_is_not_fitted() -> None:
    config = EvaluationConfig(bootstrap_resamples=200, decision=DecisionConfig(abstention_error=None))
    evaluation = evaluated(config=config)
    assert evaluation.rules is not None
    assert (evaluation.rules.abstention, evaluation.rules.conformal) == (None, None)
    assert evaluation.decisions is not None
    assert (evaluation.decisions.with_abstention, evaluation.decisions.with_sets) == (None, None)


def test_rules_and_outcome_survive_json() -> None:
    for config in (EVERYTHING, EvaluationConfig(bootstrap_resamples=200)):
        evaluation = evaluated(config=config)
        stored = json.loads(json.dumps(evaluation.to_dict(), allow_nan=False))
        again = Evaluation.from_dict(stored, validation=evaluation.validation, test=evaluation.test)
        assert (again.rules, again.decisions) == (evaluation.rules, evaluation.decisions)


def test_no_validation_image_fits_nothing_and_says_why() -> None:
    nothing = on_validation(of_arrays(np.zeros(0, np.int64), np.zeros((0, 3))))
    evaluation = evaluate(validation=nothing, test=predictions(), latency=LATENCY, config=EVERYTHING, seed=0)
    assert evaluation.rules is not None
    assert evaluation.rules.abstention is not None
    assert "0 independent validation cases" in evaluation.rules.abstention.reason
    assert evaluation.rules.conformal is not None
    assert "0 independent" in evaluation.rules.conformal.reason
    assert evaluation.decisions is not None
    assert evaluation.decisions.at_operating_point == {}
