import numpy as np
import pytest

from medimage.decision.operating_point import OperatingPoint
from medimage.evaluation.decision.calibration import Temperature
from medimage.evaluation.decision.fit_operating_points import fit_operating_points
from medimage.evaluation.decision.validation_scores import ValidationScores
from tests.support.simulated_predictions import of_arrays, on_validation, predictions

AS_THEY_ARE = Temperature(value=1.0, fitted_on="none", cases=0, reason="a test")


def scores_of(**options) -> ValidationScores:
    return ValidationScores.of(on_validation(predictions(**options)), AS_THEY_ARE)


def test_scores_of_test_images_cannot_be_fitted_on() -> None:
    with pytest.raises(TypeError, match="Expected PredictionsOnValidation but got PredictionsOnTest"):
        ValidationScores.of(predictions(), AS_THEY_ARE)  # pyright: ignore[reportArgumentType]


def test_the_threshold_finds_the_target_share_of_the_next_cases() -> None:
    """Over many validation sets, the mean sensitivity on images that none of them held is just above the target."""
    new = scores_of(images=6000, skill=2.0, seed=10_000)
    found = []
    for seed in range(150):
        points = fit_operating_points(
            scores_of(images=180, skill=2.0, seed=seed), target_sensitivity=0.9, minimum_cases=20
        )
        for index, point in enumerate(points.values()):
            assert point.threshold is not None
            found.append(np.mean(new.probabilities[new.labels == index, index] >= point.threshold))
    # The 55th of 61 places: 54 / 60 of what was seen would be 0.885.
    assert 0.895 <= np.mean(found) <= 0.915


def test_it_is_the_highest_such_threshold() -> None:
    """With 19 cases, the next one is found with a chance of 0.9 where the second lowest score is the threshold."""
    probability = np.linspace(0.05, 0.95, 19)
    logits = np.stack([np.log(probability), np.log(1 - probability)], axis=1)
    validation = on_validation(of_arrays(np.zeros(19, np.int64), logits, classes=("sick", "well")))
    scores = ValidationScores.of(validation, AS_THEY_ARE)
    point = fit_operating_points(scores, target_sensitivity=0.9, minimum_cases=10)["sick"]
    assert point.threshold == pytest.approx(0.10, abs=1e-6)
    assert point.cases == 19


def test_too_few_cases_have_no_threshold_and_images_of_one_patient_are_one_case() -> None:
    points = fit_operating_points(scores_of(images=180, per_group=6), target_sensitivity=0.9, minimum_cases=20)
    for point in points.values():
        assert (point.threshold, point.cases) == (None, 10)
        assert point.reason == "10 independent validation cases, fewer than the 20 that a threshold needs"


def test_a_target_that_asks_for_more_cases_than_the_minimum_says_how_many() -> None:
    points = fit_operating_points(scores_of(images=90), target_sensitivity=0.98, minimum_cases=20)
    assert "30 independent validation cases, fewer than the 49 " in points["covid"].reason


def test_an_absent_class_has_no_threshold() -> None:
    validation = on_validation(of_arrays(np.zeros(40, np.int64), np.random.default_rng(0).normal(size=(40, 3))))
    points = fit_operating_points(
        ValidationScores.of(validation, AS_THEY_ARE), target_sensitivity=0.9, minimum_cases=20
    )
    assert points["covid"].threshold is not None
    assert "0 independent" in points["tb"].reason


def test_equal_scores_are_all_positive() -> None:
    validation = on_validation(of_arrays(np.arange(60) % 2, np.zeros((60, 2)), classes=("a", "b")))
    points = fit_operating_points(
        ValidationScores.of(validation, AS_THEY_ARE), target_sensitivity=0.9, minimum_cases=20
    )
    assert points["a"].threshold == 0.5


@pytest.mark.parametrize(
    ("threshold", "reason", "words"), [(None, "", "reason"), (0.5, "why", "reason"), (1.2, "", r"in \[0, 1\]")]
)
def test_impossible_operating_points_cannot_be_built(threshold: float | None, reason: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        OperatingPoint(threshold=threshold, target_sensitivity=0.9, cases=20, reason=reason)


def test_a_patient_with_many_images_weighs_no_more_than_others() -> None:
    """The image that a model is least sure of, fifty times, is one patient still."""
    once = scores_of(images=180, skill=2.0)
    times = np.ones(180, dtype=np.int64)
    for index in range(3):
        of_class = np.flatnonzero(once.labels == index)
        times[of_class[once.probabilities[of_class, index].argmin()]] = 50
    copied = ValidationScores(
        probabilities=np.repeat(once.probabilities, times, axis=0),
        labels=np.repeat(once.labels, times),
        groups=np.repeat(once.groups, times),
        classes=once.classes,
    )
    for target in (0.9, 0.95):
        assert fit_operating_points(once, target_sensitivity=target, minimum_cases=20) == fit_operating_points(
            copied, target_sensitivity=target, minimum_cases=20
        )
