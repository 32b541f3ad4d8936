import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle

from medimage.config.evaluation import EvaluationConfig
from medimage.errors import DataError
from medimage.evaluation.decision.calibration import calibrated_probabilities
from medimage.evaluation.metrics.estimate import Estimate
from medimage.evaluation.metrics.judged_images import JudgedImages
from medimage.evaluation.metrics.measurement import measure
from medimage.evaluation.metrics.metrics import Metrics
from medimage.evaluation.predictions import PredictionsOnTest
from tests.support.simulated_predictions import FEW_RESAMPLES, of_arrays, predictions


def _measure(test: PredictionsOnTest, config: EvaluationConfig = FEW_RESAMPLES, seed: int = 0) -> Metrics:
    judged = JudgedImages.of(
        probabilities=calibrated_probabilities(test.logits, 1.0),
        labels=test.labels,
        groups=test.groups,
        classes=test.classes,
        config=config,
    )
    return measure(judged, seed=seed)


def _estimates(metrics: Metrics) -> list[Estimate]:
    of_classes = [estimate for each in metrics.per_class.values() for estimate in each.estimates().values()]
    return [*metrics.overall().values(), *of_classes]


@pytest.mark.parametrize("per_group", [1, 3])
def test_values_match_scikit_learn(per_group: int) -> None:
    test = predictions(skill=2.0, per_group=per_group)
    metrics = _measure(test)
    probabilities = calibrated_probabilities(test.logits, 1.0)
    predicted = probabilities.argmax(axis=1)
    assert metrics.accuracy.value == pytest.approx(oracle.accuracy_score(test.labels, predicted))
    assert metrics.balanced_accuracy.value == pytest.approx(oracle.balanced_accuracy_score(test.labels, predicted))
    assert metrics.macro_f1.value == pytest.approx(oracle.f1_score(test.labels, predicted, average="macro"))
    assert metrics.mcc.value == pytest.approx(oracle.matthews_corrcoef(test.labels, predicted))
    area = oracle.roc_auc_score(test.labels, probabilities, multi_class="ovr", average="macro")
    assert metrics.auroc.value == pytest.approx(area)
    precision = oracle.average_precision_score(np.eye(3)[test.labels], probabilities, average="macro")
    assert metrics.auprc.value == pytest.approx(precision)
    for index, values in enumerate(metrics.per_class.values()):
        actual, claimed = test.labels == index, predicted == index
        assert values.sensitivity.value == pytest.approx(oracle.recall_score(actual, claimed))
        assert values.specificity.value == pytest.approx(oracle.recall_score(~actual, ~claimed))
        assert values.ppv.value == pytest.approx(oracle.precision_score(actual, claimed))
        assert values.npv.value == pytest.approx(oracle.precision_score(~actual, ~claimed))
        assert values.f1.value == pytest.approx(oracle.f1_score(actual, claimed))
        assert values.mcc.value == pytest.approx(oracle.matthews_corrcoef(actual, claimed))
        precision = oracle.average_precision_score(actual, probabilities[:, index])
        assert values.auprc.value == pytest.approx(precision)
        assert values.auroc.value == pytest.approx(oracle.roc_auc_score(actual, probabilities[:, index]))
        assert values.balanced_accuracy.value == pytest.approx(oracle.balanced_accuracy_score(actual, claimed))
        assert values.brier.value == pytest.approx(oracle.brier_score_loss(actual, probabilities[:, index]))
    brier = sum(oracle.brier_score_loss(test.labels == index, probabilities[:, index]) for index in range(3))
    assert metrics.brier.value == pytest.approx(brier)


def test_every_estimate_knows_its_images_and_independent_cases() -> None:
    metrics = _measure(predictions(images=240, per_group=4))
    assert (metrics.accuracy.n, metrics.accuracy.groups) == (240, 60)
    covid = metrics.per_class["covid"]
    assert (covid.sensitivity.n, covid.sensitivity.groups) == (80, 20)
    assert (covid.specificity.n, covid.specificity.groups) == (160, 40)
    assert (covid.auroc.n, covid.auroc.groups) == (240, 20)


def test_copies_of_every_image_leave_rates_almost_as_uncertain_as_before() -> None:
    test = predictions(images=150, skill=2.5)
    copies = of_arrays(
        np.repeat(test.labels, 4), np.repeat(test.logits, 4, axis=0), groups=np.repeat(np.arange(150), 4)
    )
    once, often = _measure(test), _measure(copies)
    for before, after in zip(_estimates(once), _estimates(often), strict=True):
        assert after.value == pytest.approx(before.value)
        assert after.high - after.low > 0.85 * (before.high - before.low)


@settings(max_examples=40, deadline=None)
@given(
    images=st.integers(1, 60),
    per_group=st.integers(1, 5),
    skill=st.floats(-3, 30),
    seed=st.integers(0, 1000),
)
def test_intervals_hold_their_estimates_whatever_the_predictions(
    images: int, per_group: int, skill: float, seed: int
) -> None:
    config = EvaluationConfig(bootstrap_resamples=200)
    metrics = _measure(predictions(images=images, per_group=per_group, skill=skill, seed=seed), config)
    for estimate in _estimates(metrics):
        assert estimate.is_defined or estimate.reason
        if estimate.has_interval:
            assert -1 <= estimate.low <= estimate.value <= estimate.high <= 2
    json.dumps(metrics.to_dict(), allow_nan=False)


def test_a_class_absent_from_the_test_images_is_undefined_with_a_reason() -> None:
    generator = np.random.default_rng(0)
    labels = np.arange(60) % 2
    metrics = _measure(of_arrays(labels, generator.normal(size=(60, 3)) + 5 * np.eye(3)[labels]))
    absent = metrics.per_class["tb"]
    assert absent.sensitivity.reason == "no test image of this class"
    assert absent.auroc.reason == "no test image of this class"
    assert absent.specificity.is_defined
    for estimate in (metrics.balanced_accuracy, metrics.auroc, metrics.macro_f1):
        assert not estimate.is_defined
        assert "undefined for 1 of 3 classes" in estimate.reason
    assert metrics.accuracy.is_defined


def test_a_single_image_is_measured_without_false_certainty() -> None:
    metrics = _measure(of_arrays(np.array([0]), np.array([[9.0, 0, 0]])))
    assert metrics.accuracy.value == 1
    assert metrics.accuracy.low < 0.25
    assert not metrics.calibration_error.has_interval
    assert not metrics.per_class["covid"].specificity.is_defined


def test_the_same_answer_for_every_image_is_measured() -> None:
    labels = np.arange(90) % 3
    metrics = _measure(of_arrays(labels, np.tile([4.0, 0, 0], (90, 1))))
    assert metrics.per_class["covid"].sensitivity.value == 1
    assert metrics.per_class["covid"].specificity.value == 0
    assert metrics.per_class["tb"].ppv.reason == "no test image was taken for this class"
    assert metrics.per_class["tb"].f1.value == 0
    assert metrics.per_class["tb"].f1.high > 0
    assert metrics.auroc.value == 0.5


def test_a_perfect_and_certain_model_is_not_proven_perfect() -> None:
    metrics = _measure(predictions(images=60, per_group=2, skill=500.0))
    assert metrics.accuracy.value == metrics.balanced_accuracy.value == metrics.auroc.value == 1
    for estimate in (metrics.accuracy, metrics.balanced_accuracy, metrics.macro_f1, metrics.auroc):
        assert estimate.low < 0.95
    assert metrics.calibration_error.value == pytest.approx(0, abs=1e-9)
    assert metrics.calibration_error.high == pytest.approx(1 - metrics.accuracy.low, abs=1e-9)


def test_groups_whose_images_have_several_classes_are_measured() -> None:
    generator = np.random.default_rng(0)
    labels = np.arange(90) % 3
    test = of_arrays(labels, generator.normal(size=(90, 3)) + 3 * np.eye(3)[labels], groups=np.arange(90) // 6)
    assert all(estimate.has_interval for estimate in _estimates(_measure(test)))


def test_the_seed_decides_the_intervals() -> None:
    test = predictions(skill=2.0)
    assert _measure(test).to_dict() == _measure(test).to_dict()
    assert _measure(test).brier != _measure(test, seed=1).brier


def _share_of_clear_calibration(*, boast: float, trials: int) -> float:
    """Share of simulated test sets whose calibration error is proven to be at most 0.1."""
    generator = np.random.default_rng(0)
    clears = 0
    for _ in range(trials):
        confidence = generator.uniform(0.7, 0.99, 200)
        correct = generator.random(200) < confidence - boast
        logits = np.stack([np.log(confidence / (1 - confidence)), np.zeros(200)], axis=1)
        test = of_arrays(np.where(correct, 0, 1), logits, classes=("covid", "normal"))
        clears += _measure(test, EvaluationConfig(bootstrap_resamples=200)).calibration_error.high <= 0.1
    return clears / trials


def test_calibration_error_at_the_threshold_rarely_clears_it() -> None:
    assert _share_of_clear_calibration(boast=0.1, trials=300) <= 0.025 + 2 * np.sqrt(0.025 * 0.975 / 300)


def test_a_calibrated_model_mostly_clears_the_threshold() -> None:
    assert _share_of_clear_calibration(boast=0.0, trials=150) > 0.6


@pytest.mark.parametrize(
    ("labels", "probabilities", "words"),
    [
        ([], np.zeros((0, 3)), "got none"),
        ([3], [[1.0, 0, 0]], "labels from 0 to 2"),
        ([0], [[0.5, 0.2, 0.2]], "add up to 1"),
        ([0], [[1.5, -0.5, 0]], "add up to 1"),
        ([0], [[np.nan, 0.5, 0.5]], "add up to 1"),
    ],
)
def test_what_cannot_be_measured_is_refused(labels: list[int], probabilities: list, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        JudgedImages.of(
            probabilities=np.array(probabilities),
            labels=np.array(labels, dtype=np.int64),
            groups=("a",) * len(labels),
            classes=("covid", "normal", "tb"),
            config=FEW_RESAMPLES,
        )


def test_predictive_values_are_given_for_the_classes_whose_prevalence_is_stated() -> None:
    config = FEW_RESAMPLES.model_copy(update={"prevalence": {"tb": 0.02}})
    per_class = _measure(predictions(skill=2.0), config).per_class
    assert per_class["covid"].at_prevalence is None
    stated = per_class["tb"].at_prevalence
    assert stated is not None
    assert stated.prevalence == 0.02
    assert stated.ppv.value < per_class["tb"].ppv.value


def test_a_prevalence_of_an_unknown_class_is_refused() -> None:
    config = FEW_RESAMPLES.model_copy(update={"prevalence": {"flu": 0.02}})
    with pytest.raises(DataError, match=r"evaluation\.prevalence .* \['flu'\]"):
        _measure(predictions(), config)
