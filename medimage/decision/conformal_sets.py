"""Conformal sets: the classes that cannot be excluded, with a stated chance that the true one is among them."""

from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class ConformalSets:
    """Which classes belong into the set of an image.

    Attributes:
        thresholds: By class, the calibrated probability from which on it belongs to the set, in [0, 1]; 0 for a class
            with too few validation cases, which then is in every set. Empty where no sets were fitted.
        coverage: Chance that the set of a new image of any class holds that class, in (0, 1).
        cases: Independent validation cases of each class.
        reason: Why none were fitted, or which class is in every set; may be empty.
    """

    thresholds: dict[str, float]
    coverage: float
    cases: dict[str, int]
    reason: str = ""

    def __post_init__(self) -> None:
        if not self.thresholds and not self.reason:
            raise ValueError("Expected a reason where no sets were fitted but got none")
        wrong = {name: value for name, value in self.thresholds.items() if not 0 <= value <= 1}
        if wrong:
            raise ValueError(f"Expected thresholds in [0, 1] but got {wrong}")

    def members(self, probabilities: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Returns which classes are in the set of each image, shape [images, classes]; a set may be empty.

        Args:
            probabilities: Calibrated, shape [images, classes], columns in the order of the thresholds.

        Raises:
            ValueError: If no sets were fitted.
        """
        if not self.thresholds:
            raise ValueError(f"Expected fitted sets but there are none: {self.reason}")
        return probabilities >= np.fromiter(self.thresholds.values(), dtype=np.float64)

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Builds the sets from what `to_dict` gave."""
        return cls(**values)
