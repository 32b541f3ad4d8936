"""What the decision rules amount to on the test images."""

from dataclasses import dataclass
from typing import Any, Self

from medimage.decision.abstention_rule import AbstentionRule
from medimage.decision.conformal_sets import ConformalSets
from medimage.decision.decision_rules import DecisionRules
from medimage.evaluation.metrics.estimate import Estimate
from medimage.evaluation.metrics.judged_images import JudgedImages


@dataclass(frozen=True, kw_only=True)
class AtOperatingPoint:
    """One class against the rest, at its threshold.

    Attributes:
        sensitivity: Share of the class's images that reach the threshold.
        specificity: Share of the other classes' images that do not.
    """

    sensitivity: Estimate
    specificity: Estimate


@dataclass(frozen=True, kw_only=True)
class WithAbstention:
    """What is left where unsure answers are withheld.

    Attributes:
        answered: Share of images that get an answer (the coverage).
        error: Share of wrong answers among those given.
    """

    answered: Estimate
    error: Estimate


@dataclass(frozen=True, kw_only=True)
class WithSets:
    """What conformal sets hold.

    Attributes:
        coverage: By class, share of its images whose set holds it.
        single: Share of images whose set is one class.
        mean_size: Mean number of classes in a set.
    """

    coverage: dict[str, Estimate]
    single: Estimate
    mean_size: float


@dataclass(frozen=True, kw_only=True)
class DecisionOutcome:
    """The test images under the rules.

    Attributes:
        at_operating_point: By class, of those that have a threshold.
        with_abstention: None where no answer is withheld.
        with_sets: None where there are no sets.
    """

    at_operating_point: dict[str, AtOperatingPoint]
    with_abstention: WithAbstention | None
    with_sets: WithSets | None

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        points, abstention, sets = self.at_operating_point, self.with_abstention, self.with_sets
        return {
            "at_operating_point": {
                name: {"sensitivity": point.sensitivity.to_dict(), "specificity": point.specificity.to_dict()}
                for name, point in points.items()
            },
            "with_abstention": abstention
            and {"answered": abstention.answered.to_dict(), "error": abstention.error.to_dict()},
            "with_sets": sets
            and {
                "coverage": {name: estimate.to_dict() for name, estimate in sets.coverage.items()},
                "single": sets.single.to_dict(),
                "mean_size": sets.mean_size,
            },
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Builds the outcome from what `to_dict` gave."""
        abstention, sets = values["with_abstention"], values["with_sets"]
        return cls(
            at_operating_point={
                name: AtOperatingPoint(**{key: Estimate.from_dict(value) for key, value in point.items()})
                for name, point in values["at_operating_point"].items()
            },
            with_abstention=abstention
            and WithAbstention(**{key: Estimate.from_dict(value) for key, value in abstention.items()}),
            with_sets=sets
            and WithSets(
                coverage={name: Estimate.from_dict(value) for name, value in sets["coverage"].items()},
                single=Estimate.from_dict(sets["single"]),
                mean_size=sets["mean_size"],
            ),
        )


def measure_decisions(rules: DecisionRules, judged: JudgedImages) -> DecisionOutcome:
    """Applies frozen rules to test images.

    Args:
        rules: What was fitted on validation images.
        judged: The test images.
    """
    thresholds = {name: point.threshold for name, point in rules.operating_points.items()}
    return DecisionOutcome(
        at_operating_point={
            name: _at_threshold(judged, index, threshold)
            for index, name in enumerate(judged.classes)
            if (threshold := thresholds[name]) is not None
        },
        with_abstention=_with_abstention(judged, rules.abstention) if rules.abstention else None,
        with_sets=_with_sets(judged, rules.conformal) if rules.conformal else None,
    )


def _at_threshold(judged: JudgedImages, index: int, threshold: float) -> AtOperatingPoint:
    actual, positive = judged.truth[:, index], judged.probabilities[:, index] >= threshold
    return AtOperatingPoint(
        sensitivity=judged.rate(positive, actual, undefined="no test image of this class"),
        specificity=judged.rate(~positive, ~actual, undefined="no test image of any other class"),
    )


def _with_abstention(judged: JudgedImages, rule: AbstentionRule) -> WithAbstention | None:
    if rule.threshold is None:
        return None
    given = judged.probabilities.max(axis=1) >= rule.threshold
    return WithAbstention(
        answered=judged.rate(given), error=judged.rate(~judged.correct, given, undefined="no test image is answered")
    )


def _with_sets(judged: JudgedImages, sets: ConformalSets) -> WithSets | None:
    if not sets.thresholds:
        return None
    members = sets.members(judged.probabilities)
    sizes = members.sum(axis=1)
    return WithSets(
        coverage={
            name: judged.rate(members[:, index], judged.truth[:, index], undefined="no test image of this class")
            for index, name in enumerate(judged.classes)
        },
        single=judged.rate(sizes == 1),
        mean_size=float(sizes.mean()),
    )
