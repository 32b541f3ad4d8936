"""What decision rules are fitted on: calibrated probabilities of validation images."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from medimage.evaluation.decision.calibration import Temperature, calibrated_probabilities
from medimage.evaluation.metrics.cluster_bootstrap import group_codes
from medimage.evaluation.predictions import PredictionsOnValidation, require_validation


@dataclass(frozen=True, kw_only=True, eq=False)
class ValidationScores:
    """Probabilities of validation images beside the truth; those of test images cannot become one.

    Attributes:
        probabilities: Calibrated, shape [images, classes].
        labels: int64, shape [images], index of the true class.
        groups: Group of each image as an integer from 0, shape [images].
        classes: Class names in the order of the columns.
    """

    probabilities: NDArray[np.float64]
    labels: NDArray[np.int64]
    groups: NDArray[np.int64]
    classes: tuple[str, ...]

    @classmethod
    def of(cls, validation: PredictionsOnValidation, temperature: Temperature) -> Self:
        """Calibrates validation predictions.

        Raises:
            TypeError: If the predictions are on other images.
        """
        require_validation(validation)
        return cls(
            probabilities=calibrated_probabilities(validation.logits, temperature.value),
            labels=validation.labels,
            groups=group_codes(validation.groups),
            classes=validation.classes,
        )

    def cases(self) -> int:
        """Returns how many independent cases there are."""
        return len(np.unique(self.groups))
