"""How well something can be told from something else, with how sure that is."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from medimage.evaluation.metrics.cluster_bootstrap import resampled_totals, strata_by_label, totals_by_group
from medimage.evaluation.metrics.combination import mean_of_rates
from medimage.evaluation.metrics.estimate import Estimate
from medimage.evaluation.metrics.proportion import estimate_proportion

CONFIDENCE = 0.95
RESAMPLES = 1000


@dataclass(frozen=True, kw_only=True)
class Recognition:
    """How well one of several answers is told.

    Attributes:
        balanced_accuracy: Mean share of recognised images over the answers; guessing gives `chance`.
        chance: 1 / number of answers; NaN where there is nothing to tell.
        informedness: Answer → sensitivity + specificity - 1: 0 by guessing, 1 where it is never missed and never
            mistaken (Youden 1950, Cancer 3:32-35). Empty where nothing was computed.
    """

    balanced_accuracy: Estimate
    chance: float
    informedness: dict[str, Estimate]

    @classmethod
    def not_computed(cls, reason: str, *, n: int, groups: int) -> Self:
        """Returns nothing, and why."""
        undefined = Estimate.undefined(reason, n=n, groups=groups)
        return cls(balanced_accuracy=undefined, chance=float("nan"), informedness={})

    @property
    def gain(self) -> float:
        """How far the lower limit of the balanced accuracy lies on the way from guessing (0) to knowing (1); or NaN."""
        return self.way(self.balanced_accuracy.low)

    def way(self, balanced_accuracy: float) -> float:
        """Returns how far a balanced accuracy lies on the way from guessing (0) to knowing (1); or NaN."""
        return (balanced_accuracy - self.chance) / (1 - self.chance)

    def answers_from(self, limit: float) -> tuple[str, ...]:
        """Returns the answers that are told from all others: those of an informedness of `limit`, by its lower end."""
        return tuple(name for name, estimate in self.informedness.items() if estimate.low >= limit)

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return {
            "balanced_accuracy": self.balanced_accuracy.to_dict(),
            "answers": len(self.informedness),
            "informedness": {name: estimate.to_dict() for name, estimate in self.informedness.items()},
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Builds the recognition from what `to_dict` gave."""
        return cls(
            balanced_accuracy=Estimate.from_dict(values["balanced_accuracy"]),
            chance=1 / values["answers"] if values["answers"] else float("nan"),
            informedness={name: Estimate.from_dict(each) for name, each in values["informedness"].items()},
        )


def measure_recognition(
    *,
    actual: NDArray[np.int64],
    predicted: NDArray[np.int64],
    groups: NDArray[np.int64],
    answers: tuple[str, ...],
    seed: int,
) -> Recognition:
    """Measures answers given to images that the one who answered had not seen.

    Intervals are those of the test results of a model, see `estimate_proportion` and `mean_of_rates`: they hold for
    other patients, not for other divisions into folds.

    Args:
        actual: Index of the right answer of each image, shape [images]; each answer is right somewhere.
        predicted: Index of the answer given, shape [images].
        groups: Group of each image as an integer from 0, shape [images].
        answers: Names of the answers, at least two.
        seed: Seed of the bootstrap.
    """
    count, total, cases = len(answers), len(actual), len(np.unique(groups))
    cells = np.zeros((total, count * count))
    cells[np.arange(total), actual * count + predicted] = 1
    drawn = resampled_totals(
        totals_by_group(cells, groups), strata=strata_by_label(actual, groups), resamples=RESAMPLES, seed=seed
    ).reshape(-1, count, count)
    hits, right, claimed = np.diagonal(drawn, axis1=1, axis2=2), drawn.sum(axis=2), drawn.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        sensitivities = hits / right
        specificities = 1 - (claimed - hits) / (total - right)
    of_answer, informedness = [], {}
    for index, name in enumerate(answers):
        is_it, said_it = actual == index, predicted == index
        sensitivity = _rate(said_it[is_it], groups[is_it], sensitivities[:, index])
        specificity = _rate(~said_it[~is_it], groups[~is_it], specificities[:, index])
        of_answer.append(sensitivity)
        mean = mean_of_rates(
            [sensitivity, specificity], n=total, groups=cases, confidence=CONFIDENCE,
            resampled=(sensitivities[:, index] + specificities[:, index]) / 2,
        )  # fmt: skip
        informedness[name] = Estimate(
            value=2 * mean.value - 1, low=2 * mean.low - 1, high=2 * mean.high - 1,
            n=total, groups=cases, method=mean.method,
        )  # fmt: skip
    return Recognition(
        balanced_accuracy=mean_of_rates(
            of_answer, n=total, groups=cases, confidence=CONFIDENCE, resampled=sensitivities.mean(axis=1)
        ),
        chance=1 / count,
        informedness=informedness,
    )


def _rate(hits: NDArray[np.bool_], groups: NDArray[np.int64], resampled: NDArray[np.float64]) -> Estimate:
    # Groups are counted anew, because those without an image of this answer do not count for it.
    codes = np.unique(groups, return_inverse=True)[1]
    return estimate_proportion(hits, codes, confidence=CONFIDENCE, resampled=resampled)
