import json

import numpy as np
import pytest
from scipy.special import log_softmax, softmax

from medimage.evaluation.decision.calibration import Temperature, calibrated_probabilities, fit_temperature
from tests.support.simulated_predictions import of_arrays, on_validation, predictions


def _drawn(true_temperature: float, *, images: int = 20_000):
    """Validation images whose labels follow softmax(logits / temperature)."""
    generator = np.random.default_rng(0)
    logits = generator.normal(size=(images, 3)) * 3
    probabilities = softmax(logits / true_temperature, axis=1)
    labels = (probabilities.cumsum(axis=1) < generator.random((images, 1))).sum(axis=1)
    return on_validation(of_arrays(labels, logits))


@pytest.mark.parametrize("truth", [0.5, 1.0, 3.0])
def test_fit_finds_the_temperature_that_made_the_labels(truth: float) -> None:
    fitted = fit_temperature(_drawn(truth), minimum_cases=50)
    assert fitted.value == pytest.approx(truth, rel=0.05)
    assert (fitted.fitted_on, fitted.cases, fitted.reason) == ("validation", 20_000, "")
    assert not fitted.without_errors


def test_fit_is_as_good_as_a_fine_grid() -> None:
    validation = _drawn(2.0, images=500)
    rows = np.arange(500)

    def loss(temperature: float) -> float:
        return -log_softmax(validation.logits / temperature, axis=1)[rows, validation.labels].mean()

    grid = np.exp(np.linspace(np.log(0.05), np.log(20), 3000))
    assert loss(fit_temperature(validation, minimum_cases=50).value) <= min(map(loss, grid)) + 1e-6


def test_test_predictions_are_refused() -> None:
    with pytest.raises(TypeError, match="Expected PredictionsOnValidation but got PredictionsOnTest"):
        fit_temperature(predictions(), minimum_cases=10)  # pyright: ignore[reportArgumentType]


def test_too_few_cases_are_not_fitted_and_images_of_one_patient_are_one_case() -> None:
    fitted = fit_temperature(on_validation(predictions(images=120, per_group=3)), minimum_cases=50)
    assert (fitted.value, fitted.fitted_on, fitted.cases) == (1.0, "none", 40)
    assert "40 independent validation cases, fewer than the 50" in fitted.reason


@pytest.mark.parametrize("classes", [2, 5])
@pytest.mark.parametrize("scale", [0.3, 1.0, 1e4])
def test_answers_without_an_error_are_made_as_sure_as_the_number_of_cases_allows(classes: int, scale: float) -> None:
    """After none of 60 patients was answered wrongly, the next one is with a chance of one in 62."""
    generator = np.random.default_rng(0)
    labels = np.arange(240) // 4 % classes
    logits = generator.normal(size=(240, classes)) * scale
    logits[np.arange(240), labels] = logits.max(axis=1) + scale * generator.exponential(size=240)
    validation = on_validation(of_arrays(labels, logits, groups=np.arange(240) // 4, classes=tuple("abcde"[:classes])))
    fitted = fit_temperature(validation, minimum_cases=50)
    probabilities = calibrated_probabilities(validation.logits, fitted.value)
    assert probabilities.max(axis=1).mean() == pytest.approx(1 - 1 / 62, abs=1e-6)
    assert (fitted.fitted_on, fitted.cases, fitted.reason, fitted.without_errors) == ("validation", 60, "", True)


def test_right_answers_that_are_sure_at_no_temperature_are_left_as_they_are() -> None:
    fitted = fit_temperature(on_validation(of_arrays(np.zeros(80, np.int64), np.zeros((80, 3)))), minimum_cases=50)
    assert (fitted.value, fitted.fitted_on) == (1.0, "none")
    assert "no temperature makes their mean confidence 0.9878" in fitted.reason


def test_answers_worse_than_chance_are_not_flattened_without_end() -> None:
    fitted = fit_temperature(on_validation(predictions(skill=-3.0)), minimum_cases=50)
    assert fitted.value == 1.0
    assert "limit of the search" in fitted.reason


def test_probabilities_add_up_also_for_huge_logits() -> None:
    probabilities = calibrated_probabilities(np.array([[3e4, -3e4, 0], [1, 2, 3]], np.float32), 0.05)
    assert probabilities.dtype == np.float64
    assert np.isfinite(probabilities).all()
    assert probabilities.sum(axis=1) == pytest.approx([1, 1])


def test_temperature_survives_json_and_refuses_what_cannot_be() -> None:
    temperature = Temperature(value=1.0, fitted_on="none", cases=3, reason="too few")
    assert Temperature.from_dict(json.loads(json.dumps(temperature.to_dict()))) == temperature
    for value, fitted_on, reason in (
        (0.0, "validation", ""),
        (1.0, "test", ""),
        (1.0, "none", ""),
        (2.0, "validation", "x"),
    ):
        with pytest.raises(ValueError, match="Expected"):
            Temperature(value=value, fitted_on=fitted_on, cases=9, reason=reason)
