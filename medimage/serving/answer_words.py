"""The decision on an image in words that say what it means and what it does not."""

from medimage.decision.decision import Decision, Outcome
from medimage.decision.decision_rules import DecisionRules
from medimage.serving.answers import AbstentionAnswer, ConformalAnswer, DecisionAnswer


def decision_answer(decision: Decision, rules: DecisionRules | None) -> DecisionAnswer:
    """Returns the operating points with what they amount to."""
    points = rules.operating_points if rules else {}
    targets = {point.target_sensitivity for point in points.values() if point.threshold is not None}
    return DecisionAnswer(
        outcome=decision.outcome,
        positive=list(decision.positive),
        thresholds={name: point.threshold for name, point in points.items()},
        target_sensitivity=min(targets) if targets else None,
        not_assessed=list(decision.not_assessed),
        meaning=_meaning(decision),
    )


def _meaning(decision: Decision) -> str:
    if decision.outcome is Outcome.NOT_AVAILABLE:
        return "No operating point was fitted for this model: only the probabilities tell."
    if decision.outcome is Outcome.ONE:
        told = f"Only {decision.positive[0]} reaches its operating point."
    elif decision.outcome is Outcome.SEVERAL:
        told = (
            f"{_listed(decision.positive)} reach their operating points: each is to be considered, and none is "
            "excluded by another that is more probable."
        )
    else:
        told = (
            "No class reaches its operating point: the image is undecided. That is no negative finding; a person has "
            "to look at it."
        )
    if decision.not_assessed:
        told += f" Nothing is said of {_listed(decision.not_assessed)}, without a fitted operating point."
    return told


def abstention_answer(decision: Decision, rules: DecisionRules | None, *, confidence: float) -> AbstentionAnswer:
    """Returns whether the label is too unsure, with the reason."""
    rule = rules.abstention if rules else None
    if rule is None or rule.threshold is None:
        reason = rule.reason if rule else "it was not asked for in training, or not fitted for this kind of model"
        return AbstentionAnswer(abstained=None, threshold=None, reason=f"There is no rule: {reason}.")
    reason = (
        f"The confidence of {confidence:.3f} is below {rule.threshold:.3f}, from which on at most "
        f"{100 * rule.target_error:g} % of answers are expected to be wrong."
    )
    return AbstentionAnswer(
        abstained=decision.abstained, threshold=rule.threshold, reason=reason if decision.abstained else ""
    )


def conformal_answer(decision: Decision, rules: DecisionRules | None) -> ConformalAnswer | None:
    """Returns the classes that cannot be excluded; None where sets were not asked for."""
    sets = rules.conformal if rules else None
    if sets is None:
        return None
    members = decision.conformal_set
    return ConformalAnswer(
        classes=None if members is None else list(members), coverage=sets.coverage, reason=sets.reason
    )


def _listed(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
