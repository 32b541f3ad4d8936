"""What a candidate must prove against the champion, the model in use."""

import math
from collections.abc import Mapping

from medimage.config.champion import ChampionConfig
from medimage.evaluation.comparison.champion_comparison import IMPOSSIBLE, ChampionComparison, ChampionStatus
from medimage.evaluation.comparison.metric_difference import MetricDifference
from medimage.evaluation.comparison.score_interval import trials_for_lower_limit
from medimage.evaluation.gate.criterion import Criterion, Verdict
from medimage.evaluation.gate.judgement import Cases


def judge_against_champion(
    comparison: ChampionComparison, *, config: ChampionConfig, cases: Mapping[str, Cases]
) -> tuple[Criterion, ...]:
    """Judges that no sensitivity is worse than the champion's by the margin or more, and that something is better.

    Every sensitivity must be non-inferior, so no correction for their number is needed; that something is better is
    asked of several metrics at once, and allows for it. Where there is another champion that the candidate cannot be
    compared with, that alone is inconclusive.

    Args:
        comparison: What was found.
        config: Whether the comparison counts, and the margin.
        cases: Independent cases of each class, and how many are needed.

    Returns:
        No criterion where the comparison does not count, or there is no other champion.
    """
    if config.comparison != "require":
        return ()
    if comparison.status in IMPOSSIBLE:
        return (_impossible(comparison),)
    if comparison.status is not ChampionStatus.COMPARED:
        return ()
    sensitivities = [each for each in comparison.differences if each.name == "sensitivity"]
    return (
        *(
            _non_inferior(
                each,
                margin=config.sensitivity_margin,
                confidence=comparison.confidence,
                cases=cases[each.scope],
            )
            for each in sensitivities
        ),
        _improvement(comparison),
    )


def _non_inferior(compared: MetricDifference, *, margin: float, confidence: float, cases: Cases) -> Criterion:
    estimate = compared.difference
    missing = max(0, cases.minimum - cases.count)
    values = f"{compared.challenger:.3f} against {compared.champion:.3f} of the champion"
    further: int | None = None
    if not estimate.is_defined:
        verdict, note = Verdict.INCONCLUSIVE, f"it is undefined: {estimate.reason}"
    elif estimate.value < -margin:
        verdict, note = Verdict.FAIL, f"{values}: more than the margin of {margin:g} below it"
    elif estimate.low > -margin and not missing:
        verdict, note = Verdict.PASS, values
    else:
        verdict = Verdict.INCONCLUSIVE
        reasons = [values]
        if missing:
            reasons.append(f"{cases.count} independent {cases.what} are fewer than the {cases.minimum} needed")
        if not estimate.low > -margin:
            reasons.append(f"a loss of {-estimate.low:.3f} cannot be ruled out, and the margin is {margin:g}")
        further = _further_cases(compared, margin=margin, confidence=confidence, cases=cases.count)
        further = max(further, missing) if further is not None else None
        reasons.append(
            "how many more cases would settle it cannot be told from this estimate"
            if further is None
            else f"about {further} more independent {cases.what} would settle it at this estimate"
        )
        note = "; ".join(reasons)
    return Criterion(
        name="non_inferior_sensitivity", scope=compared.scope, estimate=estimate.value, low=estimate.low,
        high=estimate.high, n=estimate.n, groups=estimate.groups, threshold=-margin, direction="at_least",
        verdict=verdict, note=note, further_cases=further, further_of="" if further is None else cases.what,
    )  # fmt: skip


def _further_cases(compared: MetricDifference, *, margin: float, confidence: float, cases: int) -> int | None:
    """Returns how many more cases settle it if the interval narrows like the score interval of as many cases."""
    estimate = compared.difference
    if compared.only_challenger is None or compared.only_champion is None or estimate.value <= -margin:
        return None
    won, lost = compared.only_challenger / estimate.n, compared.only_champion / estimate.n
    present, needed = (
        trials_for_lower_limit(won, lost, limit=limit, confidence=confidence) for limit in (estimate.low, -margin)
    )
    if present is None or needed is None:
        return None
    return max(0, math.ceil(cases * needed / present) - cases)


def _improvement(comparison: ChampionComparison) -> Criterion:
    asked = [each for each in comparison.differences if each.adjusted is not None]
    if not asked:
        return _of_champion("improvement", "no metric of both models has an interval")
    # Of several improvements, the clearest; where there is none, what comes nearest to one.
    best = max(asked, key=lambda each: each.adjusted.low if each.adjusted is not None else -math.inf)
    estimate = best.adjusted
    if estimate is None:
        raise ValueError(f"Expected an interval of {best.title} that allows for the number of metrics")
    values = f"{best.title}, {best.challenger:.3f} against {best.champion:.3f}"
    if best.is_improvement:
        verdict, note = Verdict.PASS, f"better than {comparison.champion} in {values}"
    else:
        verdict = Verdict.INCONCLUSIVE
        note = (
            f"nothing is shown to be better than {comparison.champion}, which stays the champion; of "
            f"{len(asked)} metrics, {values}, comes nearest to it"
        )
    return Criterion(
        name="improvement", scope="overall", estimate=estimate.value, low=estimate.low, high=estimate.high,
        n=estimate.n, groups=estimate.groups, threshold=0.0, direction="at_least", verdict=verdict, note=note,
    )  # fmt: skip


def _impossible(comparison: ChampionComparison) -> Criterion:
    return _of_champion("champion", comparison.reason.rstrip("."))


def _of_champion(name: str, note: str) -> Criterion:
    return Criterion(
        name=name, scope="overall", estimate=math.nan, low=math.nan, high=math.nan, n=0, groups=0, threshold=0.0,
        direction="at_least", verdict=Verdict.INCONCLUSIVE, note=note,
    )  # fmt: skip
