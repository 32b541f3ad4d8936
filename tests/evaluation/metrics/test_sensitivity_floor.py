import math

import pytest

from medimage.evaluation.metrics.sensitivity_floor import SensitivityFloor, sensitivity_floor
from tests.support.simulated_predictions import evaluation_of, of_arrays, predictions


def test_the_floor_is_the_class_that_is_missed_most():
    metrics = evaluation_of(predictions(skill=1.0)).metrics
    floor = sensitivity_floor(metrics)
    assert floor.estimate.value == min(values.sensitivity.value for values in metrics.per_class.values())
    assert metrics.per_class[floor.of_class].sensitivity == floor.estimate
    assert SensitivityFloor.from_dict(floor.to_dict()) == floor


def test_of_equally_missed_classes_the_rarer_one_is_the_floor():
    labels = [0] * 40 + [1] * 10 + [2] * 40
    metrics = evaluation_of(
        of_arrays(labels, [[9.0 * (name == label) for name in range(3)] for label in labels])
    ).metrics
    assert sensitivity_floor(metrics).of_class == "normal"


def test_a_class_without_test_images_is_passed_over():
    labels = [0, 0, 1, 1]
    metrics = evaluation_of(
        of_arrays(labels, [[9.0 * (name == label) for name in range(3)] for label in labels])
    ).metrics
    assert math.isnan(metrics.per_class["tb"].sensitivity.value)
    assert sensitivity_floor(metrics).estimate.value == pytest.approx(1)
