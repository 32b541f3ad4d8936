import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from medimage.config.evaluation import EvaluationConfig
from medimage.errors import DataError
from medimage.evaluation.evaluate import evaluate
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.predictions import Predictions
from tests.support.simulated_predictions import LATENCY, evaluation_of, of_arrays, on_validation, predictions


def test_evaluation_survives_json_exactly() -> None:
    for test in (predictions(per_group=2), of_arrays(np.array([0]), np.array([[1.0, 0, 0]]))):
        evaluation = evaluation_of(test)
        stored = json.loads(json.dumps(evaluation.to_dict(), allow_nan=False))
        again = Evaluation.from_dict(stored, validation=evaluation.validation, test=evaluation.test)
        assert again.to_dict() == evaluation.to_dict()
        assert again.metrics.accuracy == evaluation.metrics.accuracy
        assert np.array_equal(again.probabilities(), evaluation.probabilities())


def test_summary_holds_value_interval_and_n_of_every_metric() -> None:
    summary = evaluation_of(predictions()).summary()
    for name in ("accuracy", "balanced_accuracy", "auroc", "ece"):
        assert {"value", "low", "high", "n"} <= set(summary[name])
    for name in ("sensitivity", "specificity"):
        assert set(summary[name]) == {"covid", "normal", "tb"}
        assert {"value", "low", "high", "n"} <= set(summary[name]["tb"])
    json.dumps(summary, allow_nan=False)


def test_summary_says_why_a_number_is_missing() -> None:
    summary = evaluation_of(of_arrays(np.array([0, 1]), np.eye(3)[:2])).summary()
    assert summary["sensitivity"]["tb"]["value"] is None
    assert summary["sensitivity"]["tb"]["reason"] == "no test image of this class"


def test_temperature_comes_from_validation_alone() -> None:
    easy, hard = evaluation_of(predictions(skill=9.0)), evaluation_of(predictions(skill=1.0))
    assert easy.temperature == hard.temperature
    assert easy.temperature.fitted_on == "validation"


def test_predicted_classes_do_not_depend_on_the_temperature() -> None:
    evaluation = evaluation_of(predictions(skill=1.5))
    assert np.array_equal(evaluation.probabilities().argmax(axis=1), evaluation.test.logits.argmax(axis=1))
    assert evaluation.probabilities().sum(axis=1) == pytest.approx(np.ones(240))


def test_confusion_counts_every_test_image_as_integers() -> None:
    evaluation = evaluation_of(predictions())
    assert sum(map(sum, evaluation.confusion)) == 240
    assert all(type(count) is int for row in evaluation.confusion for count in row)


def test_cases_per_class_count_groups() -> None:
    assert evaluation_of(predictions(images=240, per_group=4)).cases_per_class() == {
        "covid": 20,
        "normal": 20,
        "tb": 20,
    }


def test_parts_cannot_be_mistaken_for_each_other() -> None:
    validation: Any = on_validation(predictions())
    test: Any = predictions()
    for part, other in ((test, test), (validation, validation), (test, validation)):
        with pytest.raises(TypeError, match="Expected PredictionsOn"):
            evaluate(validation=part, test=other, latency=LATENCY, config=EvaluationConfig(), seed=0)


def test_an_image_cannot_be_in_both_parts() -> None:
    test = predictions()
    validation = replace(on_validation(test), image_ids=(test.image_ids[7], *on_validation(test).image_ids[1:]))
    with pytest.raises(ValueError, match="1 are both, such as test-7"):
        evaluate(validation=validation, test=test, latency=LATENCY, config=EvaluationConfig(), seed=0)


def test_predictions_of_no_part_cannot_be_built() -> None:
    test = predictions()
    with pytest.raises(TypeError, match="no part"):
        Predictions(**vars(test))


def test_other_classes_in_validation_are_refused() -> None:
    validation = on_validation(predictions(classes=("covid", "normal", "other")))
    with pytest.raises(ValueError, match="same classes"):
        evaluate(validation=validation, test=predictions(), latency=LATENCY, config=EvaluationConfig(), seed=0)


def test_no_test_image_is_told_to_the_user() -> None:
    nothing = of_arrays(np.zeros(0, np.int64), np.zeros((0, 3)))
    with pytest.raises(DataError, match=r"split\.test"):
        evaluate(
            validation=on_validation(predictions()), test=nothing, latency=LATENCY, config=EvaluationConfig(), seed=0
        )


def test_no_validation_image_leaves_the_probabilities_as_they_are() -> None:
    nothing = on_validation(of_arrays(np.zeros(0, np.int64), np.zeros((0, 3))))
    evaluation = evaluate(validation=nothing, test=predictions(), latency=LATENCY, config=EvaluationConfig(), seed=0)
    assert evaluation.temperature.value == 1.0
    assert "0 independent validation cases" in evaluation.temperature.reason


def test_there_is_at_least_one_candidate() -> None:
    with pytest.raises(ValueError, match="candidate"):
        replace(evaluation_of(predictions()), candidates=0)
