import dataclasses

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score, recall_score, roc_auc_score

from medimage.errors import DataError
from medimage.evaluation.decision.calibration import Temperature
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.pooling import pool_folds, pooled_predictions
from medimage.evaluation.report.fold_figures import FoldFigures, Spread, mean_confidence, spread_over_folds
from tests.support.simulated_predictions import FEW_RESAMPLES, evaluation_of, predictions


def fold(number: int, *, images: int = 60, skill: float = 2.0, temperature: float | None = None) -> Evaluation:
    """Evaluates a fold whose images and groups are its own."""
    made = predictions(images=images, per_group=2, skill=skill, seed=number)
    own = dataclasses.replace(
        made,
        image_ids=tuple(f"{number}-{image}" for image in made.image_ids),
        groups=tuple(f"{number}-{group}" for group in made.groups),
    )
    evaluated = evaluation_of(own)
    if temperature is None:
        return evaluated
    return dataclasses.replace(evaluated, temperature=Temperature(value=temperature, fitted_on="validation", cases=100))


FOLDS = [fold(0, temperature=0.5), fold(1, temperature=2.0), fold(2, images=90, temperature=1.0)]


def pool(folds: list[Evaluation], *, is_ensemble: bool = False) -> Evaluation:
    return pool_folds(folds, config=FEW_RESAMPLES, seed=0, is_ensemble=is_ensemble)


def test_pooled_figures_are_those_of_all_predictions_put_together():
    pooled = pool(FOLDS)
    labels = np.concatenate([one.test.labels for one in FOLDS])
    probabilities = np.concatenate(
        [softmax(one.test.logits.astype(float) / one.temperature.value, axis=1) for one in FOLDS]
    )
    predicted = probabilities.argmax(axis=1)
    metrics = pooled.metrics
    assert metrics.accuracy.value == pytest.approx(accuracy_score(labels, predicted))
    assert metrics.balanced_accuracy.value == pytest.approx(balanced_accuracy_score(labels, predicted))
    assert metrics.macro_f1.value == pytest.approx(f1_score(labels, predicted, average="macro"))
    assert metrics.auroc.value == pytest.approx(roc_auc_score(labels, probabilities, multi_class="ovr"), abs=1e-6)
    found = [values.sensitivity.value for values in metrics.per_class.values()]
    assert found == pytest.approx(recall_score(labels, predicted, average=None))
    assert mean_confidence(pooled) == pytest.approx(probabilities.max(axis=1).mean(), abs=1e-6)


def test_intervals_count_the_groups_of_all_folds():
    pooled = pool(FOLDS)
    assert (pooled.metrics.accuracy.n, pooled.metrics.accuracy.groups) == (210, 105)
    width = pooled.metrics.accuracy.high - pooled.metrics.accuracy.low
    assert all(width < one.metrics.accuracy.high - one.metrics.accuracy.low for one in FOLDS)


def test_every_prediction_is_calibrated_by_its_own_fold():
    pooled = pool(FOLDS)
    np.testing.assert_allclose(pooled.probabilities()[60:120], FOLDS[1].probabilities(), atol=1e-6)
    assert pooled.temperature.value == 1
    assert "0.500, 2.000, 1.000" in pooled.temperature.reason


def test_a_group_that_was_tested_in_two_folds_is_refused():
    other = fold(5)
    shared = dataclasses.replace(
        other, test=dataclasses.replace(other.test, groups=(FOLDS[0].test.groups[0], *other.test.groups[1:]))
    )
    with pytest.raises(DataError, match="tested in an earlier fold"):
        pooled_predictions([FOLDS[0], shared])


def test_an_ensemble_takes_the_time_of_all_its_members_and_single_models_that_of_the_slowest():
    assert pool(FOLDS).latency.p95_ms == max(one.latency.p95_ms for one in FOLDS)
    together = pool(FOLDS, is_ensemble=True).latency
    assert together.p95_ms == pytest.approx(sum(one.latency.p95_ms for one in FOLDS))
    assert "3 networks" in together.machine


def test_the_spread_is_the_mean_and_the_sample_deviation_of_the_folds():
    figures = [FoldFigures.of(one, fold=number) for number, one in enumerate(FOLDS)]
    accuracies = [one.metrics.accuracy.value for one in FOLDS]
    spread = spread_over_folds(figures)["accuracy"]
    assert (spread.mean, spread.sd) == pytest.approx((np.mean(accuracies), np.std(accuracies, ddof=1)))
    correlations = [one.metrics.mcc.value for one in FOLDS]
    assert spread_over_folds(figures)["mcc"].mean == pytest.approx(np.mean(correlations))
    lowest = [min(values.sensitivity.value for values in one.metrics.per_class.values()) for one in FOLDS]
    assert spread_over_folds(figures)["sensitivity_floor"].mean == pytest.approx(np.mean(lowest))


def test_a_figure_that_a_fold_does_not_have_is_left_out_and_told():
    spread = Spread.of([0.5, float("nan"), 0.7])
    assert (spread.mean, spread.folds) == (pytest.approx(0.6), 2)
    assert Spread.of([0.5]).to_dict() == {"mean": 0.5, "sd": None, "folds": 1}
