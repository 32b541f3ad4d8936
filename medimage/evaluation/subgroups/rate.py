"""A rate among some images, that another one is held against."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medimage.config.evaluation import IntervalMethod
from medimage.evaluation.metrics.effective_size import Clustering, clustering_of
from medimage.evaluation.metrics.interval import proportion_interval


@dataclass(frozen=True, kw_only=True, eq=False)
class Rate:
    """A share of right answers, whose interval can be asked for at any confidence.

    Attributes:
        value: The share.
        images: Images it is of.
        groups: Independent cases among them, as integers, shape [cases].
        errors: What each case adds to the distance of the estimate from the truth, shape [cases]; the sum is 0.
        clustering: How images of a case repeat each other.
        interval: Wilson or Clopper-Pearson.
    """

    value: float
    images: int
    groups: NDArray[np.int64]
    errors: NDArray[np.float64]
    clustering: Clustering
    interval: IntervalMethod

    @classmethod
    def of(cls, hits: NDArray[np.bool_], groups: NDArray[np.int64], *, interval: IntervalMethod) -> "Rate":
        """Counts right answers.

        Args:
            hits: Whether each image is right, shape [images], one or more.
            groups: Group of each image as an integer from 0, shape [images].
            interval: Wilson or Clopper-Pearson.
        """
        value = float(np.mean(hits))
        names, codes = np.unique(groups, return_inverse=True)
        codes = codes.reshape(-1)
        errors = np.bincount(codes, weights=hits - value) / len(hits)
        return cls(
            value=value,
            images=len(hits),
            groups=names,
            errors=errors,
            clustering=clustering_of(hits, codes),
            interval=interval,
        )

    @property
    def cases(self) -> int:
        """Independent cases that it is of."""
        return len(self.groups)

    def limits(self, confidence: float) -> tuple[float, float]:
        """Returns the interval, of as many images as these are worth where cases repeat.

        Args:
            confidence: Two-sided confidence level.
        """
        size = self.clustering.effective_size(confidence)
        low, high = proportion_interval(self.value * size, size, confidence=confidence, method=self.interval)
        return min(low, self.value), max(high, self.value)


RateOf = Callable[[NDArray[np.bool_]], Rate | None]
"""Gives the rate among the images that are chosen; None where there is none."""
