"""Finds the confidence below which answers are too unsure to be given."""

from medimage.decision.abstention_rule import AbstentionRule
from medimage.evaluation.decision.sureness import threshold_of_share
from medimage.evaluation.decision.validation_scores import ValidationScores
from medimage.evaluation.metrics.effective_size import effective_sample_size
from medimage.evaluation.metrics.interval import clopper_pearson_interval

_SHARES = tuple(percent / 100 for percent in range(50, 101, 5))
"""Shares of answers that are tried: a model that cannot answer half of the time is of little use."""


def fit_abstention(
    scores: ValidationScores, *, target_error: float, confidence: float, minimum_cases: int
) -> AbstentionRule:
    """Finds the lowest threshold at which the error of the answers given is below the target, with confidence.

    Shares of the answers, the surest first, are tried from a half to all of them, until one's upper limit is above the
    target; the one before is taken. Each is tried only where all smaller ones hold, so no correction for their number
    is needed (fixed-sequence testing: Bauer 1991, Stat Med 10:871-890; for the risk of predictions: Angelopoulos,
    Bates, Candès, Jordan and Lei 2025, Ann Appl Stat 19:1641-1662). A guaranteed error of the answers given is the idea
    of Geifman and El-Yaniv (2017, NeurIPS). The limit is the exact one (Clopper and Pearson 1934, Biometrika
    26:404-413) at the effective number of independent images.

    Args:
        scores: Probabilities of validation images.
        target_error: Largest share of wrong answers among those given, in (0, 1).
        confidence: One-sided confidence that the share is not larger.
        minimum_cases: With fewer independent cases none is fitted: it would be noise.

    Returns:
        A rule without a threshold, and with the reason, where no share of answers is good enough.
    """
    cases = scores.cases()

    def without(reason: str) -> AbstentionRule:
        return AbstentionRule(
            threshold=None, target_error=target_error, confidence=confidence, cases=cases, reason=reason
        )

    if cases < minimum_cases:
        return without(f"{cases} independent validation cases, fewer than the {minimum_cases} that a threshold needs")
    sureness = scores.probabilities.max(axis=1)
    wrong = scores.probabilities.argmax(axis=1) != scores.labels
    chosen: float | None = None
    for share in _SHARES:
        # Where all validation answers may be given, so may those of new images that are less sure than any of them.
        threshold = threshold_of_share(sureness, share) if share < 1 else 0.0
        given = sureness >= threshold
        size = effective_sample_size(wrong[given], scores.groups[given], confidence=confidence)
        errors = float(wrong[given].mean()) * size
        if clopper_pearson_interval(errors, size, confidence=2 * confidence - 1)[1] > target_error:
            break
        chosen = threshold
    if chosen is None:
        return without(
            f"even for the surest half of the answers, an error of more than {target_error:g} cannot be excluded"
        )
    return AbstentionRule(threshold=chosen, target_error=target_error, confidence=confidence, cases=cases)
