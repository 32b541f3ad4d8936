"""The verdict on a single criterion."""

import math
from dataclasses import dataclass

from medimage.evaluation.gate.criterion import Criterion, Direction, Verdict
from medimage.evaluation.gate.data_findings import DataFindings
from medimage.evaluation.gate.further_cases import cases_to_clear_from_above, cases_to_clear_from_below
from medimage.evaluation.latency import Latency
from medimage.evaluation.metrics.estimate import Estimate

_TIMED_IMAGES = 20
"""With fewer timed images, the 95th percentile is the slowest of them and says little."""


@dataclass(frozen=True, kw_only=True)
class Cases:
    """The independent cases that a criterion rests on.

    Attributes:
        count: How many there are.
        minimum: How many there must be for a PASS.
        what: What they are, in words, such as `cases of covid`.
        with_others: Whether the number rests on other classes as well, so that more of these alone may not settle it.
    """

    count: int
    minimum: int
    what: str
    with_others: bool = False


def judge_estimate(
    estimate: Estimate, *, name: str, scope: str, threshold: float, direction: Direction, cases: Cases
) -> Criterion:
    """Judges a measured number by its interval.

    PASS where the limit on the unfavourable side clears the threshold, FAIL where the estimate itself misses it,
    INCONCLUSIVE between, and wherever the number, its interval or the cases needed are missing. The chance that a
    model whose true value lies exactly at the threshold passes is that of one tail of the interval: 2.5 % at 95 %.
    """
    upwards = direction == "at_least"
    limit = estimate.low if upwards else estimate.high
    missing = max(0, cases.minimum - cases.count)
    settles = cases_to_clear_from_above if upwards else cases_to_clear_from_below
    further: int | None = missing or None
    clears = limit >= threshold if upwards else limit <= threshold
    further_of = cases.what + (f" and of any other class up to {cases.minimum}" if cases.with_others else "")
    if not estimate.is_defined:
        verdict, note = Verdict.INCONCLUSIVE, f"it is undefined: {estimate.reason}"
    elif (estimate.value < threshold) if upwards else (estimate.value > threshold):
        verdict, further = Verdict.FAIL, None
        note = f"{estimate.value:.3f} is {'below' if upwards else 'above'} the threshold of {threshold:g}"
    elif not estimate.has_interval:
        verdict, note = Verdict.INCONCLUSIVE, f"{estimate.value:.3f} has no interval: {estimate.reason}"
    elif clears and not missing:
        verdict, note, further = Verdict.PASS, "", None
    else:
        verdict = Verdict.INCONCLUSIVE
        if not clears:
            # A class without cases does not grow by any factor.
            total = settles(value=estimate.value, limit=limit, threshold=threshold, cases=cases.count) or None
            further = None if total is None else max(total - cases.count, missing)
            further_of = cases.what + (" with the other classes in proportion" if cases.with_others else "")
        note = _why_inconclusive(
            estimate,
            limit=limit,
            threshold=threshold,
            upwards=upwards,
            cases=cases,
            further=f"about {further} more independent {further_of}" if further is not None else "",
        )
    return Criterion(
        name=name, scope=scope, estimate=estimate.value, low=estimate.low, high=estimate.high, n=estimate.n,
        groups=estimate.groups, threshold=threshold, direction=direction, verdict=verdict, note=note,
        further_cases=further, further_of="" if further is None else further_of,
    )  # fmt: skip


def _why_inconclusive(
    estimate: Estimate,
    *,
    limit: float,
    threshold: float,
    upwards: bool,
    cases: Cases,
    further: str,
) -> str:
    reasons = []
    if cases.count < cases.minimum:
        reasons.append(f"{cases.count} independent {cases.what} are fewer than the {cases.minimum} needed")
    if (limit < threshold) if upwards else (limit > threshold):
        side, relation = ("lower", "below") if upwards else ("upper", "above")
        reasons.append(
            f"{estimate.value:.3f} clears the threshold of {threshold:g} but the {side} limit of its interval, "
            f"{limit:.3f}, is {relation} it"
        )
    reasons.append(
        f"{further} would settle it at this estimate"
        if further
        else "how many more cases would settle it cannot be told from this estimate"
    )
    return "; ".join(reasons)


def judge_latency(latency: Latency, *, threshold: float) -> Criterion:
    """Judges the 95th percentile of the time for one image, in ms."""
    if latency.images < _TIMED_IMAGES:
        verdict, note = Verdict.INCONCLUSIVE, f"only {latency.images} images were timed, {_TIMED_IMAGES} are needed"
    elif latency.p95_ms < threshold:
        verdict, note = Verdict.PASS, f"on {latency.machine}"
    else:
        verdict = Verdict.FAIL
        note = f"{latency.p95_ms:.1f} ms is not below the threshold of {threshold:g} ms on {latency.machine}"
    return _exact(
        "latency_p95_ms", "overall", latency.p95_ms, threshold, "below", verdict=verdict, note=note, n=latency.images
    )


def judge_imbalance(findings: DataFindings, *, threshold: float) -> Criterion:
    """Judges the ratio of the largest to the smallest class in training, unless the recipe makes up for it."""
    counts = findings.training_counts
    largest, smallest = max(counts, key=counts.__getitem__), min(counts, key=counts.__getitem__)
    ratio = counts[largest] / counts[smallest] if counts[smallest] else math.inf
    note = (
        f"{counts[largest]} of each class"
        if ratio == 1
        else f"{counts[largest]} of {largest}, {counts[smallest]} of {smallest}"
    )
    if counts[smallest] == 0:
        verdict, note = Verdict.FAIL, f"no training image of {smallest}"
    elif ratio <= threshold:
        verdict = Verdict.PASS
    elif findings.imbalance_mitigated:
        verdict, note = Verdict.PASS, f"{note}; mitigated by class weights"
    else:
        verdict = Verdict.FAIL
        note += f": above {threshold:g} to 1, and no class weights make up for it"
    return _exact(
        "imbalance_ratio", "training", ratio, threshold, "at_most", verdict=verdict, note=note, n=sum(counts.values())
    )


def judge_crossings(name: str, count: int, *, what: str) -> Criterion:
    """Judges that nothing stands on both sides of the split."""
    verdict = Verdict.PASS if count == 0 else Verdict.FAIL
    note = "" if count == 0 else f"{count} {what} on both sides of the split, so the test result is too good"
    return _exact(name, "split", float(count), 0.0, "at_most", verdict=verdict, note=note, n=count)


def judge_shortcuts(findings: DataFindings) -> Criterion:
    """Judges that a class cannot be told from anything that is no trait of the patient."""
    count = findings.shortcuts
    note = "" if count == 0 else "a class can be told from what is no trait of the patient: see the findings"
    verdict = Verdict.PASS if count == 0 else Verdict.FAIL
    return _exact("shortcut_findings", "training", float(count), 0.0, "at_most", verdict=verdict, note=note, n=count)


def judge_unknown_training() -> Criterion:
    """Returns what is judged of a model that does not say which images it has seen: nothing rules out these ones."""
    return _exact(
        "seen_images",
        "training",
        math.nan,
        0.0,
        "at_most",
        verdict=Verdict.INCONCLUSIVE,
        note="it was registered before the images that a model has seen were kept, so it may have seen these",
        n=0,
    )


def _exact(
    name: str, scope: str, value: float, threshold: float, direction: Direction, *, verdict: Verdict, note: str, n: int
) -> Criterion:
    return Criterion(
        name=name, scope=scope, estimate=value, low=math.nan, high=math.nan, n=n, groups=n, threshold=threshold,
        direction=direction, verdict=verdict, note=note,
    )  # fmt: skip
