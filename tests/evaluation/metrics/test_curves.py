import numpy as np
import pytest
from sklearn import metrics as oracle

from medimage.evaluation.metrics.cluster_bootstrap import drawn_groups, strata_by_label
from medimage.evaluation.metrics.curves import GRID, Curve, precision_recall_curve, roc_curve


def drawn(labels: np.ndarray, groups: np.ndarray, *, resamples: int = 400) -> np.ndarray:
    return drawn_groups(strata_by_label(labels, groups), resamples=resamples, seed=0)


def simulated(seed: int, *, images: int = 120, per_group: int = 1, ties: bool = False) -> tuple[np.ndarray, ...]:
    generator = np.random.default_rng(seed)
    groups = np.arange(images) // per_group
    labels = (groups % 3 == 0).astype(np.int64)
    scores = generator.normal(size=images) + generator.normal(size=groups[-1] + 1)[groups] + 1.5 * labels
    return (scores.round() if ties else scores), labels, groups


def both(scores: np.ndarray, labels: np.ndarray, groups: np.ndarray) -> tuple[Curve, Curve]:
    options = {"drawn": drawn(labels, groups), "confidence": 0.95}
    return roc_curve(scores, labels == 1, groups, **options), precision_recall_curve(
        scores, labels == 1, groups, **options
    )


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_curves_are_those_of_scikit_learn(seed: int, ties: bool) -> None:
    scores, labels, groups = simulated(seed, ties=ties)
    roc, precision_recall = both(scores, labels, groups)
    rates, sensitivities, _ = oracle.roc_curve(labels, scores, drop_intermediate=False)
    for rate, value in zip(GRID, roc.value, strict=True):
        assert value == pytest.approx(sensitivities[rates <= rate + 1e-9].max())
    precisions, recalls, _ = oracle.precision_recall_curve(labels, scores)
    # From its second point on: at a recall of 0 its first one is no threshold's.
    reached = recalls[:-1]
    for recall, value in zip(GRID, precision_recall.value, strict=True):
        enough = np.flatnonzero((reached >= recall - 1e-9) & (reached > 0))
        assert value == pytest.approx(precisions[enough[-1]])


@pytest.mark.parametrize("per_group", [1, 4])
def test_bands_hold_their_curves_and_lie_between_0_and_1(per_group: int) -> None:
    for curve in both(*simulated(0, per_group=per_group)):
        assert np.all((curve.low >= 0) & (curve.low <= curve.value))
        assert np.all((curve.high <= 1) & (curve.high >= curve.value))


@pytest.mark.parametrize("per_group", [1, 4])
def test_bands_hold_the_true_sensitivity_as_often_as_they_say(per_group: int) -> None:
    """120 simulated test sets of a model whose true curve is known from 400,000 images."""
    scores, labels, _ = simulated(99, images=400_000)
    rates, sensitivities, _ = oracle.roc_curve(labels, scores)
    places = np.searchsorted(GRID, [0.1, 0.3, 0.6])
    truth = np.interp(GRID[places], rates, sensitivities)
    held = []
    for seed in range(120):
        own_scores, own_labels, groups = simulated(seed, images=240, per_group=per_group)
        curve = roc_curve(
            own_scores, own_labels == 1, groups, drawn=drawn(own_labels, groups, resamples=200), confidence=0.95
        )
        held.append((curve.low[places] <= truth) & (truth <= curve.high[places]))
    assert np.all(np.mean(held, axis=0) >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / 120))


def test_a_perfect_order_of_few_cases_keeps_its_uncertainty() -> None:
    labels = np.arange(30) % 3 == 0
    roc, precision_recall = both(labels.astype(float), labels.astype(np.int64), np.arange(30))
    assert np.all(roc.value[1:] == 1)
    assert np.all(roc.low < 0.75)
    assert precision_recall.low[50] < 0.75


def test_one_side_alone_has_no_curve() -> None:
    labels = np.ones(10, np.int64)
    for curve in (roc_curve, precision_recall_curve):
        with pytest.raises(ValueError, match="both sides"):
            curve(np.arange(10.0), labels == 1, np.arange(10), drawn=drawn(labels, np.arange(10)), confidence=0.95)
