"""Out-of-fold predictions: every image judged by the one model that has not seen it."""

from collections.abc import Sequence

import numpy as np

from medimage.config.evaluation import EvaluationConfig
from medimage.errors import DataError
from medimage.evaluation.decision.calibration import Temperature
from medimage.evaluation.evaluate import measure_evaluation
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.latency import Latency
from medimage.evaluation.predictions import PredictionsOnTest, PredictionsOnValidation


def pool_folds(
    folds: Sequence[Evaluation], *, config: EvaluationConfig, seed: int, is_ensemble: bool, candidates: int = 1
) -> Evaluation:
    """Measures the predictions of all folds' models, each on its own test fold, as one test set.

    Each fold's logits are divided by that fold's temperature first, so that the probabilities are those which the
    fold's model would have stated. The intervals count groups, as everywhere: no group is in two folds.

    Args:
        folds: The evaluation of each fold's model.
        config: Confidence level, interval method, resamples and bins.
        seed: Seed of the bootstrap.
        is_ensemble: Whether all models are to answer together: then the time for one image is the sum of theirs, and
            else that of the slowest.
        candidates: Recipes that have been judged on these images, this one included.

    Raises:
        DataError: If an image or a group was tested in two folds.
        ValueError: If there are fewer than two folds, or their classes differ.
    """
    temperatures = ", ".join(f"{fold.temperature.value:.3f}" for fold in folds)
    cases = sum(fold.temperature.cases for fold in folds)
    test = pooled_predictions(folds)
    return measure_evaluation(
        # Validation images belong to a fold: an image is one in several, and with several temperatures.
        validation=PredictionsOnValidation.none(classes=test.classes),
        test=test,
        temperature=Temperature(
            value=1.0,
            fitted_on="none",
            cases=cases,
            reason=f"the pooled logits are divided by those of each fold's validation images already, {temperatures}",
        ),
        # Thresholds are each fold's own: the pooled predictions are of several models.
        rules=None,
        latency=_together([fold.latency for fold in folds]) if is_ensemble else _slowest(folds),
        config=config,
        seed=seed,
        candidates=candidates,
    )


def pooled_predictions(folds: Sequence[Evaluation]) -> PredictionsOnTest:
    """Puts the test predictions of all folds after each other, each divided by its fold's temperature.

    Raises:
        DataError: If an image or a group was tested in two folds.
        ValueError: If there are fewer than two folds, or their classes differ.
    """
    if len(folds) < 2:
        raise ValueError(f"Expected the predictions of at least two folds but got {len(folds)}")
    if len({fold.classes for fold in folds}) > 1:
        raise ValueError(f"Expected the same classes in every fold but got {[list(fold.classes) for fold in folds]}")
    seen: set[str] = set()
    for number, fold in enumerate(folds):
        tested = {*fold.test.groups, *fold.test.image_ids}
        again = sorted(seen & tested)
        if again:
            raise DataError(
                f"{len(again)} images or groups of fold {number} were tested in an earlier fold already, such as "
                f"{again[0]!r}: pooled, they would count twice."
            )
        seen |= tested
    return PredictionsOnTest(
        image_ids=tuple(image_id for fold in folds for image_id in fold.test.image_ids),
        groups=tuple(group for fold in folds for group in fold.test.groups),
        labels=np.concatenate([fold.test.labels for fold in folds]),
        logits=np.concatenate([(fold.test.logits / np.float32(fold.temperature.value)) for fold in folds]),
        classes=folds[0].classes,
    )


def _slowest(folds: Sequence[Evaluation]) -> Latency:
    return max((fold.latency for fold in folds), key=lambda latency: latency.p95_ms)


def _together(latencies: Sequence[Latency]) -> Latency:
    return Latency(
        p50_ms=sum(latency.p50_ms for latency in latencies),
        p95_ms=sum(latency.p95_ms for latency in latencies),
        images=min(latency.images for latency in latencies),
        machine=f"{latencies[0].machine}, {len(latencies)} networks one after the other",
    )
