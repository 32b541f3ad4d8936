"""Measures a model: what is fitted is fitted on validation, then the test images are measured once."""

from medimage.config.evaluation import EvaluationConfig
from medimage.decision.decision_rules import DecisionRules
from medimage.errors import DataError
from medimage.evaluation.decision.calibration import Temperature, calibrated_probabilities, fit_temperature
from medimage.evaluation.decision.decision_outcome import measure_decisions
from medimage.evaluation.decision.fit_decision_rules import fit_decision_rules
from medimage.evaluation.decision.validation_scores import ValidationScores
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.latency import Latency
from medimage.evaluation.metrics.confusion import confusion_matrix
from medimage.evaluation.metrics.judged_images import JudgedImages
from medimage.evaluation.metrics.measurement import measure
from medimage.evaluation.predictions import PredictionsOnTest, PredictionsOnValidation, require_separate_parts


def evaluate(
    *,
    validation: PredictionsOnValidation,
    test: PredictionsOnTest,
    latency: Latency,
    config: EvaluationConfig,
    seed: int,
    candidates: int = 1,
) -> Evaluation:
    """Fits the temperature and the decision rules on validation, then measures the test predictions once.

    Args:
        validation: Predictions on the validation images.
        test: Predictions on the test images.
        latency: Time for one image, measured elsewhere.
        config: Confidence level, interval method, resamples, bins, cases needed for a temperature.
        seed: Seed of the bootstrap.
        candidates: Models that have been judged on this test set, this one included.

    Raises:
        DataError: If there is no test image.
        ValueError: If the parts are mistaken for each other or differ in their classes, or a label is no class.
    """
    require_separate_parts(validation, test)
    if len(test) == 0:
        raise DataError(
            "The split leaves no test image, so nothing can be said about the model. Give split.test a larger share, "
            "or add images."
        )
    temperature = fit_temperature(validation, minimum_cases=config.minimum_calibration_cases)
    rules = fit_decision_rules(
        ValidationScores.of(validation, temperature), config.decision, confidence=config.confidence
    )
    return measure_evaluation(
        validation=validation,
        test=test,
        temperature=temperature,
        rules=rules,
        latency=latency,
        config=config,
        seed=seed,
        candidates=candidates,
    )


def measure_evaluation(
    *,
    validation: PredictionsOnValidation,
    test: PredictionsOnTest,
    temperature: Temperature,
    rules: DecisionRules | None,
    latency: Latency,
    config: EvaluationConfig,
    seed: int,
    candidates: int,
) -> Evaluation:
    """Measures the test predictions at a temperature and rules that are known; arguments are as for `evaluate`."""
    judged = JudgedImages.of(
        probabilities=calibrated_probabilities(test.logits, temperature.value),
        labels=test.labels,
        groups=test.groups,
        classes=test.classes,
        config=config,
    )
    confusion = confusion_matrix(judged.labels, judged.predicted, classes=len(test.classes))
    return Evaluation(
        validation=validation,
        test=test,
        temperature=temperature,
        metrics=measure(judged, seed=seed),
        confusion=tuple(tuple(row) for row in confusion.tolist()),
        latency=latency,
        confidence=config.confidence,
        calibration_bins=config.calibration_bins,
        rules=rules,
        decisions=measure_decisions(rules, judged) if rules else None,
        candidates=candidates,
    )
