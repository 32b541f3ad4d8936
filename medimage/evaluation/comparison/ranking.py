"""Ranking candidates, and recommending one of them."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from medimage.evaluation.comparison.candidate_result import CandidateResult
from medimage.evaluation.comparison.comparison import Comparison
from medimage.evaluation.comparison.paired import PairedDifference, paired_difference
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.gate.criterion import Verdict
from medimage.evaluation.gate.gate_report import GateReport
from medimage.evaluation.latency import Latency
from medimage.evaluation.metrics.estimate import Estimate
from medimage.models.training_record import TrainingRecord

_AS_FAST = 1.1
"""Within a tenth of the fastest counts as fast as it: single images are not timed more exactly than that."""


class Ranked(Protocol):
    """What a recommendation is made by; see `CandidateResult` for the meaning of each."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def network(self) -> str: ...  # noqa: D102
    @property
    def balanced_accuracy(self) -> Estimate: ...  # noqa: D102
    @property
    def latency(self) -> Latency: ...  # noqa: D102
    @property
    def parameters(self) -> int: ...  # noqa: D102
    @property
    def verdict(self) -> Verdict: ...  # noqa: D102
    @property
    def reason(self) -> str: ...  # noqa: D102
    @property
    def passed(self) -> bool: ...  # noqa: D102
    @property
    def behind(self) -> PairedDifference | None: ...  # noqa: D102


def compare(
    evaluations: Mapping[str, Evaluation],
    gate_reports: Mapping[str, GateReport],
    training: Mapping[str, TrainingRecord],
    *,
    failures: Mapping[str, str],
    seen: int,
    resamples: int,
    seed: int,
) -> Comparison:
    """Ranks candidates by balanced accuracy and recommends one that passed the gate.

    Args:
        evaluations: What was measured of each candidate that was judged, on the same test images.
        gate_reports: The verdict on each.
        training: How each was trained.
        failures: Candidates that could not be trained or judged → why.
        seen: Models that have been judged on the test set by now, these included.
        resamples: Bootstrap resamples of the paired differences.
        seed: Seed of their draws.

    Raises:
        ValueError: If no candidate was judged, or not all on the same images.
    """
    if not evaluations:
        raise ValueError("Expected at least one candidate that was judged but got none")
    # Of equal ones, the first name: a ranking must not depend on the order of a configuration.
    order = sorted(evaluations, key=lambda name: (-_balanced(evaluations[name]), name))
    best = evaluations[order[0]]
    ranking = tuple(
        CandidateResult.of(
            name,
            evaluation=evaluations[name],
            gate_report=gate_reports[name],
            training=training[name],
            behind=None
            if name == order[0]
            else paired_difference(best, evaluations[name], resamples=resamples, seed=seed),
        )
        for name in order
    )
    recommended, reason = recommend(ranking)
    return Comparison(
        ranking=ranking,
        failures=dict(failures),
        recommended=recommended,
        reason=reason,
        seen=seen,
        test_images=len(best.test),
        test_cases=len(set(best.test.groups)),
    )


def recommend(ranking: Sequence[Ranked]) -> tuple[str | None, str]:
    """Chooses among the candidates that passed the gate.

    Of those that cannot be told from the best one, the fastest; of equally fast ones, that with the fewest
    parameters; of equally large ones, that of the higher rank. Where all that passed are worse than the best beyond
    doubt, the best of them; so too where models have no image in common and none was compared.

    Args:
        ranking: The candidates, by falling balanced accuracy.

    Returns:
        The candidate's name, None where none passed, and the reason in one or two sentences.
    """
    best = ranking[0]
    passed = [result for result in ranking if result.passed]
    if not passed:
        return None, (
            f"No candidate passed the gate, so none is to be promoted. The best, {best.name}, is {best.verdict.value}: "
            f"{best.reason}"
        )
    if any(result.behind is None for result in ranking[1:]):
        return passed[0].name, (
            f"{passed[0].name} passed the gate. There is no image that all models were judged on, so none was compared "
            f"with another: of the {len(passed)} that passed, it has the highest mean sensitivity on its own images."
        )
    equals = [result for result in passed if result.behind is None or not result.behind.is_distinguishable]
    if not equals:
        chosen = passed[0]
        return chosen.name, (
            f"{chosen.name} is the best of the {len(passed)} that passed the gate. {best.name} is better beyond doubt, "
            f"but {best.verdict.value}: {best.reason}"
        )
    # Equal networks are equally fast, whatever the machine did beside: the best time of any of them is that of all.
    speed = {
        result.name: min(other.latency.p50_ms for other in equals if other.network == result.network)
        for result in equals
    }
    fastest = min(speed.values())
    fast = [result for result in equals if speed[result.name] <= _AS_FAST * fastest]
    fewest = min(result.parameters for result in fast)
    chosen = next(result for result in fast if result.parameters == fewest)
    if len(equals) == 1:
        return chosen.name, (
            f"{chosen.name} passed the gate, and "
            + (
                "no other that passed comes up to it."
                if chosen is best
                else f"cannot be told from {best.name}, the best."
            )
        )
    # Each was compared with the best alone.
    others = (
        " and ".join(result.name for result in equals if result is not chosen)
        if chosen is best
        else f"{best.name}, the best,"
    )
    because = (
        f"answers fastest ({speed[chosen.name]:.1f} ms)"
        if len(fast) == 1
        else f"is, of those that answer as fast ({speed[chosen.name]:.1f} ms), the smallest ({fewest:,} parameters)"
        if sum(result.parameters == fewest for result in fast) == 1
        else f"none of those as fast ({speed[chosen.name]:.1f} ms) and as small ranks higher (balanced accuracy "
        f"{chosen.balanced_accuracy.value:.3f})"
    )
    return (
        chosen.name,
        f"{chosen.name} passed the gate, cannot be told from {others} by paired differences, and {because}.",
    )


def _balanced(evaluation: Evaluation) -> float:
    estimate = evaluation.metrics.balanced_accuracy
    return estimate.value if estimate.is_defined else -1.0
