"""One graph in fewer bits: what it is worth, and why it may not be served."""

from dataclasses import dataclass
from typing import Any, Self

from medimage.config.reduced_precision import ReducedPrecision
from medimage.evaluation.gate.gate_report import GateReport
from medimage.export.precision.resemblance import Resemblance
from medimage.export.precision.sensitivity_change import SensitivityChange
from medimage.export.precision.speed import Speed


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How far a graph's answers on the test images are from those that were judged.

    Attributes:
        images: Test images.
        max_difference: Largest absolute difference of any probability of any image.
        identical_decisions: Images on which both name the same class.
    """

    images: int
    max_difference: float
    identical_decisions: int


@dataclass(frozen=True, kw_only=True)
class PrecisionCandidate:
    """A graph that was tried.

    What could not be found out is None, and then there is a refusal that says why.

    Attributes:
        precision: What it computes in.
        size_bytes: Size of the file.
        sha256: SHA-256 of the file, in hexadecimal.
        agreement: Agreement with what was judged.
        resemblances: How much its embeddings and heat maps are like those of single precision.
        changes: What became of each sensitivity.
        gate_report: The gate's verdict on its own answers.
        evidence_hash: Hash of that verdict and all that it rests on.
        speed: Time for one image.
        refusals: Why it must not be served, as ends of a sentence; empty where it may be.
    """

    precision: ReducedPrecision
    size_bytes: int | None = None
    sha256: str | None = None
    agreement: Agreement | None = None
    resemblances: tuple[Resemblance, ...] = ()
    changes: tuple[SensitivityChange, ...] = ()
    gate_report: GateReport | None = None
    evidence_hash: str | None = None
    speed: Speed | None = None
    refusals: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        proven = (self.sha256, self.agreement, self.gate_report, self.evidence_hash, self.speed)
        if not self.refusals and any(each is None for each in proven):
            raise ValueError(f"Expected a reason to refuse a candidate of which not all is known but got {self}")

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        agreement, gate, speed = self.agreement, self.gate_report, self.speed
        return {
            "precision": self.precision,
            "size_bytes": self.size_bytes,
            "sha256": self.sha256,
            "agreement": vars(agreement).copy() if agreement else None,
            "resemblances": [each.to_dict() for each in self.resemblances],
            "changes": [change.to_dict() for change in self.changes],
            "gate": gate.to_dict() if gate else None,
            "evidence_sha256": self.evidence_hash,
            "speed": speed.to_dict() if speed else None,
            "refusals": list(self.refusals),
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Builds the candidate from what `to_dict` gave, also before resemblances were kept."""
        agreement, gate, speed = values["agreement"], values["gate"], values["speed"]
        return cls(
            precision=values["precision"],
            size_bytes=values["size_bytes"],
            sha256=values["sha256"],
            agreement=Agreement(**agreement) if agreement else None,
            resemblances=tuple(Resemblance(**each) for each in values.get("resemblances", ())),
            changes=tuple(SensitivityChange.from_dict(change) for change in values["changes"]),
            gate_report=GateReport.from_dict(gate) if gate else None,
            evidence_hash=values["evidence_sha256"],
            speed=Speed(**speed) if speed else None,
            refusals=tuple(values["refusals"]),
        )
