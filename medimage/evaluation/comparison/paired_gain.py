"""What one model recognises and another does not, in numbers that an interval can be made of."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from medimage.evaluation.comparison.rate_difference import estimate_rate_difference, mean_difference
from medimage.evaluation.metrics.cluster_bootstrap import resampled_totals, strata_by_label, totals_by_group
from medimage.evaluation.metrics.estimate import Estimate


@dataclass(frozen=True, kw_only=True)
class PairedGain:
    """The images that one of two models alone recognises, and the same in bootstrap resamples of whole groups.

    Both models' answers on a group are drawn together or not at all, so that what the images have in common cancels
    out.

    Attributes:
        gain: 1 where the first model alone is right, -1 where the second alone is, 0 otherwise, shape [images].
        labels: Index of the true class of each image, shape [images].
        groups: Group of each image as an integer from 0, shape [images].
        by_class: Difference of the sensitivities in each resample; NaN without images, shape [resamples, classes].
        overall: Difference of the accuracies in each resample, shape [resamples].
    """

    gain: NDArray[np.int64]
    labels: NDArray[np.int64]
    groups: NDArray[np.int64]
    by_class: NDArray[np.float64]
    overall: NDArray[np.float64]

    @classmethod
    def of(
        cls,
        first: NDArray[np.bool_],
        second: NDArray[np.bool_],
        *,
        labels: NDArray[np.int64],
        groups: NDArray[np.int64],
        classes: int,
        resamples: int,
        seed: int,
    ) -> Self:
        """Draws the resamples.

        Args:
            first: Whether one model is right on each image, shape [images].
            second: Whether the other one is.
            labels: Index of the true class of each image, shape [images].
            groups: Group of each image as an integer from 0, shape [images].
            classes: Number of classes.
            resamples: Bootstrap resamples of whole groups.
            seed: Seed of the draws.
        """
        gain = first.astype(np.int64) - second
        of_class = np.eye(classes)[labels]
        totals = totals_by_group(np.column_stack([of_class * gain[:, None], of_class]), groups)
        drawn = resampled_totals(totals, strata=strata_by_label(labels, groups), resamples=resamples, seed=seed)
        with np.errstate(invalid="ignore", divide="ignore"):
            by_class = drawn[:, :classes] / drawn[:, classes:]
        overall = drawn[:, :classes].sum(axis=1) / drawn[:, classes:].sum(axis=1)
        return cls(gain=gain, labels=labels, groups=groups, by_class=by_class, overall=overall)

    def accuracy(self, confidence: float) -> Estimate:
        """Returns the difference of the accuracies."""
        return estimate_rate_difference(
            self.gain, self.groups, confidence=confidence, resampled=self.overall, undefined="no test image"
        )

    def sensitivity(self, of_class: int, confidence: float) -> Estimate:
        """Returns the difference of the sensitivities of a class, by its index."""
        counted = self.labels == of_class
        return estimate_rate_difference(
            self.gain[counted],
            self.groups[counted],
            confidence=confidence,
            resampled=self.by_class[:, of_class],
            undefined="no test image of this class",
        )

    def balanced_accuracy(self, confidence: float) -> Estimate:
        """Returns the difference of the mean sensitivities, over the classes that have images."""
        present = np.unique(self.labels)
        return mean_difference(
            [self.sensitivity(int(index), confidence) for index in present],
            n=len(self.gain),
            groups=len(np.unique(self.groups)),
            confidence=confidence,
            resampled=self.by_class[:, present].mean(axis=1),
        )
