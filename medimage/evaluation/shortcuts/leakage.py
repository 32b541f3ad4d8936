"""What a split that tears patients and duplicates apart would have hidden."""

import math
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
import scipy
from numpy.typing import NDArray

from medimage.evaluation.metrics.cluster_bootstrap import (
    percentile_limits,
    resampled_totals,
    strata_by_label,
    totals_by_group,
)
from medimage.evaluation.metrics.estimate import Estimate
from medimage.evaluation.shortcuts.across_folds import grouped_folds, reason_not_to_divide
from medimage.evaluation.shortcuts.nearest import nearest_in_other_folds
from medimage.evaluation.shortcuts.recognition import CONFIDENCE, RESAMPLES

_PERMUTATIONS = 10
"""Random labellings per repetition. The neighbours stay the same, so each costs next to nothing."""


@dataclass(frozen=True, kw_only=True)
class Leakage:
    """Balanced accuracy of a nearest-neighbour probe under random and under grouped folds.

    Attributes:
        random: Where each image is in a fold by chance.
        grouped: Where groups stay together.
        difference: `random` minus `grouped`, on the same images.
        random_labels_random: Random folds, with labels that were permuted among the groups.
        random_labels_grouped: Grouped folds, with such labels: must be at `chance`.
        chance: What guessing gives with permuted labels; NaN where nothing was computed.
    """

    random: Estimate
    grouped: Estimate
    difference: Estimate
    random_labels_random: Estimate
    random_labels_grouped: Estimate
    chance: float

    @classmethod
    def not_computed(cls, reason: str, *, n: int, groups: int) -> Self:
        """Returns nothing, and why."""
        nothing = Estimate.undefined(reason, n=n, groups=groups)
        return cls(
            random=nothing,
            grouped=nothing,
            difference=nothing,
            random_labels_random=nothing,
            random_labels_grouped=nothing,
            chance=math.nan,
        )

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        estimates = {name: getattr(self, name).to_dict() for name in _estimate_names()}
        return {**estimates, "chance": None if math.isnan(self.chance) else self.chance}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Builds the leakage from what `to_dict` gave."""
        estimates = {name: Estimate.from_dict(values[name]) for name in _estimate_names()}
        return cls(**estimates, chance=math.nan if values["chance"] is None else values["chance"])


def _estimate_names() -> list[str]:
    return [field.name for field in fields(Leakage) if field.name != "chance"]


def measure_leakage(
    similarity: NDArray[np.float32],
    labels: NDArray[np.int64],
    groups: NDArray[np.int64],
    names: tuple[str, ...],
    *,
    repetitions: int,
    seed: int,
) -> Leakage:
    """Compares random with grouped folds, on the same images and with as many of each class in every fold.

    The probe gives each image the class of the most similar one in the other folds: nothing is helped more by a second
    image of the same patient. Every image is answered once per repetition under both kinds of folds, and the answers
    are averaged over the repetitions. The interval of the difference is a percentile bootstrap of whole groups, within
    classes, of these averages (1000 resamples).

    As a control, labels are permuted among the groups. Nothing can be learnt then, so grouped folds must be at chance;
    what random folds have above it is recognition of the patient. A label drawn without replacement agrees with
    another group's in (groups - classes) / (classes x (groups - 1)) of all cases on average, a little less than 1 /
    classes. The interval is that of the mean over all permutations, by Student's t: it holds for these images.

    Args:
        similarity: Symmetric, shape [images, images]; the larger, the more alike.
        labels: Index of the class of each image, shape [images].
        groups: Group of each image as an integer from 0, shape [images].
        names: Names of the classes.
        repetitions: Number of divisions, at least 2.
        seed: Seed of divisions, permutations and bootstrap.
    """
    count, cases = len(labels), len(np.unique(groups))
    reason = reason_not_to_divide(labels, groups, names, kind="class")
    if cases == count:
        reason = reason or "every image looked at is a case of its own, so no split can tear one apart"
    if reason:
        return Leakage.not_computed(reason, n=count, groups=cases)
    generator = np.random.default_rng(seed)
    label_of_group = strata_by_label(labels, groups)
    hits = np.zeros((count, 2))
    controls = []
    for repetition in range(repetitions):
        folds = grouped_folds(labels, groups, seed=seed + repetition)
        neighbours = [
            nearest_in_other_folds(similarity, each) for each in (_shuffled_within(labels, folds, generator), folds)
        ]
        hits += np.column_stack([labels[nearest] == labels for nearest in neighbours]) / repetitions
        for _ in range(_PERMUTATIONS):
            permuted = generator.permutation(label_of_group)[groups]
            controls.append([_balanced(permuted[nearest] == permuted, permuted) for nearest in neighbours])
    random, grouped, difference = _estimates(hits, labels, groups, classes=len(names), seed=seed)
    control = np.asarray(controls)
    return Leakage(
        random=random,
        grouped=grouped,
        difference=difference,
        random_labels_random=_mean(control[:, 0], n=count, groups=cases),
        random_labels_grouped=_mean(control[:, 1], n=count, groups=cases),
        chance=(cases - len(names)) / (len(names) * (cases - 1)),
    )


def _shuffled_within(
    labels: NDArray[np.int64], folds: NDArray[np.int64], generator: np.random.Generator
) -> NDArray[np.int64]:
    """Deals the places in the folds anew within each class, so that every fold keeps its size and its classes."""
    shuffled = folds.copy()
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        shuffled[rows] = generator.permutation(folds[rows])
    return shuffled


def _balanced(hits: NDArray[np.bool_], labels: NDArray[np.int64]) -> float:
    present = np.bincount(labels)
    return float(np.mean((np.bincount(labels, weights=hits) / np.maximum(present, 1))[present > 0]))


def _estimates(
    hits: NDArray[np.float64], labels: NDArray[np.int64], groups: NDArray[np.int64], *, classes: int, seed: int
) -> list[Estimate]:
    """Returns balanced accuracy under random folds, under grouped folds, and their difference."""
    indicator = np.eye(classes)[labels]
    columns = np.concatenate([indicator * hits[:, :1], indicator * hits[:, 1:], indicator], axis=1)
    drawn = resampled_totals(
        totals_by_group(columns, groups), strata=strata_by_label(labels, groups), resamples=RESAMPLES, seed=seed
    )

    def rates(totals: NDArray[np.float64]) -> NDArray[np.float64]:
        random, grouped, images = (totals[:, start * classes : (start + 1) * classes] for start in range(3))
        with np.errstate(invalid="ignore", divide="ignore"):
            pair = np.column_stack([(random / images).mean(axis=1), (grouped / images).mean(axis=1)])
        return np.column_stack([pair, pair[:, 0] - pair[:, 1]])

    values, resampled = rates(columns.sum(axis=0, keepdims=True))[0], rates(drawn)
    estimates = []
    for value, draws in zip(values.tolist(), resampled.T, strict=True):
        low, high = percentile_limits(draws, confidence=CONFIDENCE)
        estimates.append(
            Estimate(
                value=value,
                low=min(value, low),
                high=max(value, high),
                n=len(labels),
                groups=len(np.unique(groups)),
                method="cluster bootstrap of hits averaged over repetitions",
            )
        )
    return estimates


def _mean(values: NDArray[np.float64], *, n: int, groups: int) -> Estimate:
    mean, count = float(values.mean()), len(values)
    half = float(scipy.special.stdtrit(count - 1, 0.5 + CONFIDENCE / 2) * values.std(ddof=1) / math.sqrt(count))
    return Estimate(
        value=mean,
        low=mean - half,
        high=mean + half,
        n=n,
        groups=groups,
        method=f"mean of {count} permutations, Student's t",
    )
