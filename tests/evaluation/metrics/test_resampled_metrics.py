import numpy as np
import pytest
from sklearn import metrics as oracle

from medimage.config.evaluation import EvaluationConfig
from medimage.evaluation.decision.calibration import calibrated_probabilities
from medimage.evaluation.metrics.calibration_error import reliability_bins
from medimage.evaluation.metrics.cluster_bootstrap import group_codes
from medimage.evaluation.metrics.judged_images import JudgedImages
from medimage.evaluation.metrics.resampled_metrics import resample_metrics
from tests.support.simulated_predictions import predictions


def test_resampled_metrics_have_the_mean_and_spread_of_a_plain_loop_over_resamples() -> None:
    test = predictions(images=180, per_group=3, skill=2.0)
    probabilities = calibrated_probabilities(test.logits, 1.0)
    predicted, groups = probabilities.argmax(axis=1), group_codes(test.groups)
    squares = ((probabilities - np.eye(3)[test.labels]) ** 2).sum(axis=1)
    confidence, correct = probabilities.max(axis=1), predicted == test.labels
    bins = reliability_bins(confidence, correct, bins=5, cases=180)
    judged = JudgedImages.of(
        probabilities=probabilities,
        labels=test.labels,
        groups=test.groups,
        classes=test.classes,
        config=EvaluationConfig(bootstrap_resamples=4000),
    )
    class_bins = [
        reliability_bins(probabilities[:, index], test.labels == index, bins=4, cases=180) for index in range(3)
    ]
    resampled = resample_metrics(judged, bins=bins, class_bins=class_bins, seed=0)
    generator = np.random.default_rng(1)
    rows_of = [np.flatnonzero(groups == group) for group in range(60)]
    class_of = np.array([test.labels[rows[0]] for rows in rows_of])
    expected: dict[str, list] = {
        name: [] for name in ("accuracy", "sensitivity", "specificity", "ppv", "npv", "jaccard")
    }
    expected |= {"calibration_error": [], "brier": [], "class_calibration_error": [], "class_brier": []}
    for _ in range(600):
        drawn = np.concatenate(
            [generator.choice(np.flatnonzero(class_of == index), size=(class_of == index).sum()) for index in range(3)]
        )
        rows = np.concatenate([rows_of[group] for group in drawn])
        labels, claimed = test.labels[rows], predicted[rows]
        counts = oracle.confusion_matrix(labels, claimed)
        hits, actual, taken = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
        expected["accuracy"].append(np.mean(labels == claimed))
        expected["sensitivity"].append(hits / actual)
        expected["specificity"].append([np.mean(claimed[labels != index] != index) for index in range(3)])
        expected["ppv"].append(hits / taken)
        expected["npv"].append([np.mean(labels[claimed != index] != index) for index in range(3)])
        expected["jaccard"].append([hits[i] / np.sum((labels == i) | (claimed == i)) for i in range(3)])
        gaps = [(confidence - correct)[rows][bins.assignment[rows] == b].sum() for b in range(len(bins.counts))]
        expected["calibration_error"].append(np.abs(gaps).sum() / len(rows))
        expected["brier"].append(squares[rows].mean())
        is_class = labels[:, None] == np.arange(3)
        expected["class_brier"].append(((probabilities[rows] - is_class) ** 2).mean(axis=0))
        gap = probabilities[rows] - is_class
        expected["class_calibration_error"].append(
            [
                sum(
                    abs(gap[class_bins[index].assignment[rows] == b, index].sum())
                    for b in range(len(class_bins[index].counts))
                )
                / len(rows)
                for index in range(3)
            ]
        )
    for name, values in expected.items():
        draws = getattr(resampled, name)
        spread = np.std(values, axis=0)
        assert draws.mean(axis=0) == pytest.approx(np.mean(values, axis=0), abs=0.2 * spread.max()), name
        assert draws.std(axis=0) == pytest.approx(spread, rel=0.15), name
