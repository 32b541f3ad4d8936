"""What fewer bits do to the sensitivity of a class, on the same test images."""

from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from medimage.decision.decision_rules import DecisionRules
from medimage.evaluation.comparison.paired_gain import PairedGain
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.metrics.cluster_bootstrap import group_codes
from medimage.evaluation.metrics.estimate import Estimate

Answer = Literal["most probable class", "operating point"]
"""When a case counts as found: where its class is the most probable one, or reaches its threshold."""


@dataclass(frozen=True, kw_only=True)
class SensitivityChange:
    """The change of one sensitivity.

    Attributes:
        scope: The class.
        answer: When a case counts as found.
        images: Test images of the class.
        lost: Those that single precision alone finds.
        won: Those that fewer bits alone find.
        difference: Sensitivity with fewer bits less that in single precision, with its paired interval.
    """

    scope: str
    answer: Answer
    images: int
    lost: int
    won: int
    difference: Estimate

    @property
    def title(self) -> str:
        """What has changed, in words."""
        return f"sensitivity of {self.scope}" + (" at its operating point" if self.answer == "operating point" else "")

    def is_within(self, margin: float) -> bool:
        """Whether the sensitivity drops by at most the margin, exactly: a drop of just the margin is within it.

        Args:
            margin: As it is written in decimals, such as 0.01.
        """
        return Fraction(self.lost - self.won) <= Fraction(str(margin)) * self.images

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return {**asdict(self), "difference": self.difference.to_dict()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Builds the change from what `to_dict` gave."""
        return cls(**{**values, "difference": Estimate.from_dict(values["difference"])})


def measure_changes(
    full: Evaluation, reduced: Evaluation, *, resamples: int, seed: int
) -> tuple[SensitivityChange, ...]:
    """Compares the sensitivity of every class that has test images, and where it has one, at its operating point.

    Args:
        full: What was measured in single precision.
        reduced: What was measured with fewer bits, under the same temperature and rules.
        resamples: Bootstrap resamples of whole groups.
        seed: Seed of the draws.

    Raises:
        ValueError: If the two are not of the same images.
    """
    if full.test.image_ids != reduced.test.image_ids:
        raise ValueError("Expected what was measured on the same images in the same order")
    labels = full.test.labels
    before, after = full.probabilities(), reduced.probabilities()
    found: dict[Answer, tuple[NDArray[np.bool_], NDArray[np.bool_]]] = {
        "most probable class": (before.argmax(axis=1) == labels, after.argmax(axis=1) == labels)
    }
    thresholds = _thresholds(full.rules, full.classes)
    rows = np.arange(len(labels))
    reached = [values[rows, labels] >= thresholds[labels] for values in (before, after)]
    found["operating point"] = (reached[0], reached[1])
    changes: list[SensitivityChange] = []
    for answer, (of_full, of_reduced) in found.items():
        gain = PairedGain.of(
            of_reduced,
            of_full,
            labels=labels,
            groups=group_codes(full.test.groups),
            classes=len(full.classes),
            resamples=resamples,
            seed=seed,
        )
        for index, name in enumerate(full.classes):
            own = gain.gain[labels == index]
            if len(own) == 0 or (answer == "operating point" and np.isnan(thresholds[index])):
                continue
            changes.append(
                SensitivityChange(
                    scope=name,
                    answer=answer,
                    images=len(own),
                    lost=int((own < 0).sum()),
                    won=int((own > 0).sum()),
                    difference=gain.sensitivity(index, full.confidence),
                )
            )
    return tuple(changes)


def _thresholds(rules: DecisionRules | None, classes: tuple[str, ...]) -> NDArray[np.float64]:
    """Returns the operating point of each class; NaN where it has none."""
    points = {} if rules is None else {name: point.threshold for name, point in rules.operating_points.items()}
    return np.asarray([np.nan if points.get(name) is None else points[name] for name in classes], dtype=np.float64)
