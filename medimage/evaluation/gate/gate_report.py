"""The verdict on a model, criterion by criterion."""

from dataclasses import dataclass
from typing import Any, Self

from medimage.errors import GateNotPassedError
from medimage.evaluation.gate.criterion import Criterion, Verdict

_RANK = {Verdict.PASS: 0, Verdict.INCONCLUSIVE: 1, Verdict.FAIL: 2}


@dataclass(frozen=True, kw_only=True)
class GateReport:
    """All criteria, and what else stands beside the numbers.

    Every criterion must pass, so no correction for their number is needed: a test that rejects only where each of its
    parts rejects keeps the level of the parts (intersection-union test, Berger 1982, Technometrics 24:295-300).

    Attributes:
        criteria: The criteria, in order.
        findings: Sentences about the data to show beside the numbers.
        candidates: Models that have been judged on this test set, this one included.
    """

    criteria: tuple[Criterion, ...]
    findings: tuple[str, ...] = ()
    candidates: int = 1

    def __post_init__(self) -> None:
        if not self.criteria:
            raise ValueError("Expected at least one criterion but got none")

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of any criterion."""
        return max((criterion.verdict for criterion in self.criteria), key=_RANK.__getitem__)

    def missed(self) -> tuple[Criterion, ...]:
        """Returns the criteria that did not pass, failed ones first."""
        missed = [criterion for criterion in self.criteria if criterion.verdict is not Verdict.PASS]
        return tuple(sorted(missed, key=lambda criterion: -_RANK[criterion.verdict]))

    def sentence(self) -> str:
        """Returns the verdict's reason in one sentence, without the verdict itself."""
        missed = self.missed()
        if not missed:
            return f"All {len(self.criteria)} criteria are met: every interval clears its threshold."
        first, rest = missed[0], len(missed) - 1
        others = f" {rest} more of {len(self.criteria)} criteria did not pass." if rest else ""
        return f"{first.title[0].upper()}{first.title[1:]}: {first.note}.{others}"

    def require_pass(self) -> None:
        """Does nothing where the gate passed.

        Raises:
            GateNotPassedError: If it did not, naming the criteria that were missed.
        """
        missed = self.missed()
        if missed:
            named = "; ".join(f"{criterion.title} ({criterion.verdict}): {criterion.note}" for criterion in missed)
            raise GateNotPassedError(
                f"Expected a model that passed the medical validation gate but the verdict is {self.verdict}: {named}. "
                "Such a model is not exported, registered or packaged: improve it, add the test cases named here, or "
                "change the thresholds under `gate` for a stated reason."
            )

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values, the overall verdict among them."""
        return {
            "verdict": self.verdict.value,
            "criteria": [criterion.to_dict() for criterion in self.criteria],
            "findings": list(self.findings),
            "candidates": self.candidates,
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Builds the report from what `to_dict` gave; the overall verdict is worked out anew."""
        return cls(
            criteria=tuple(Criterion.from_dict(criterion) for criterion in values["criteria"]),
            findings=tuple(values["findings"]),
            candidates=values["candidates"],
        )
