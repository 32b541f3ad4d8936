"""Classified images beside the truth, and how rates among them are estimated."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from medimage.config.evaluation import EvaluationConfig
from medimage.evaluation.metrics.cluster_bootstrap import group_codes
from medimage.evaluation.metrics.estimate import Estimate
from medimage.evaluation.metrics.proportion import estimate_proportion


@dataclass(frozen=True, kw_only=True, eq=False)
class JudgedImages:
    """Images with the probabilities that a model gave them.

    Attributes:
        probabilities: Calibrated, shape [images, classes], rows adding up to 1.
        labels: int64, shape [images], index of the true class.
        groups: Patient, lesion or duplicate cluster of each image as an integer from 0, shape [images].
        classes: Class names in the order of the columns.
        config: Confidence level, interval method, resamples and bins.
    """

    probabilities: NDArray[np.float64]
    labels: NDArray[np.int64]
    groups: NDArray[np.int64]
    classes: tuple[str, ...]
    config: EvaluationConfig

    def __post_init__(self) -> None:
        if len(self.labels) == 0:
            raise ValueError("Expected test images to measure but got none")
        if not (self.labels.min() >= 0 and self.labels.max() < len(self.classes)):
            found = np.unique(self.labels).tolist()
            raise ValueError(f"Expected labels from 0 to {len(self.classes) - 1} but got {found}")
        if not np.allclose(self.probabilities.sum(axis=1), 1, atol=1e-6) or self.probabilities.min() < 0:
            raise ValueError("Expected probabilities of 0 or more that add up to 1 for every image")

    @classmethod
    def of(
        cls,
        *,
        probabilities: NDArray[np.float64],
        labels: NDArray[np.int64],
        groups: tuple[str, ...],
        classes: tuple[str, ...],
        config: EvaluationConfig,
    ) -> Self:
        """Numbers the groups by name; attributes and errors are those of the class.

        Raises:
            ValueError: If there is no image, a label is no index of a class, or a row of probabilities is not one.
        """
        return cls(
            probabilities=probabilities, labels=labels, groups=group_codes(groups), classes=classes, config=config
        )

    @cached_property
    def predicted(self) -> NDArray[np.int64]:
        """Index of the most probable class of each image, shape [images]."""
        return self.probabilities.argmax(axis=1)

    @cached_property
    def correct(self) -> NDArray[np.bool_]:
        """Whether that is the true class, shape [images]."""
        return self.predicted == self.labels

    @cached_property
    def truth(self) -> NDArray[np.bool_]:
        """Whether each class is that of each image, shape [images, classes]."""
        return np.arange(len(self.classes)) == self.labels[:, None]

    @cached_property
    def cases(self) -> int:
        """Independent cases among the images."""
        return len(np.unique(self.groups))

    def __len__(self) -> int:
        return len(self.labels)

    def rate(
        self,
        hits: NDArray[np.bool_],
        counted: NDArray[np.bool_] | None = None,
        *,
        resampled: NDArray[np.float64] | None = None,
        undefined: str = "no test image",
    ) -> Estimate:
        """Estimates a share of images by the configured interval.

        Args:
            hits: Whether each image is a success, shape [images].
            counted: Which images count; all when not given.
            resampled: The rate in each bootstrap resample of whole groups.
            undefined: The reason to give where no image counts.
        """
        chosen = np.ones(len(self), dtype=bool) if counted is None else counted
        return estimate_proportion(
            hits[chosen],
            self.groups[chosen],
            confidence=self.config.confidence,
            interval=self.config.interval,
            resampled=resampled,
            undefined=undefined,
        )
