"""What a registered model reached on images that it was not made from."""

from dataclasses import dataclass
from typing import Any, Self

from medimage.evaluation.comparison.paired import PairedDifference
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.gate.criterion import Verdict
from medimage.evaluation.gate.gate_report import GateReport
from medimage.evaluation.latency import Latency
from medimage.evaluation.metrics.estimate import Estimate
from medimage.evaluation.metrics.sensitivity_floor import SensitivityFloor, sensitivity_floor

_ESTIMATES = ("accuracy", "balanced_accuracy", "macro_f1")


@dataclass(frozen=True, kw_only=True)
class JudgedModel:
    """A registered model that was judged.

    Attributes:
        name: Registered model and version, in words.
        network: SHA-256 of its graph: equal ones are equally fast.
        parameters: Weights in its graph.
        accuracy: Share of the images that are recognised.
        balanced_accuracy: Mean sensitivity; NaN where a class has no images.
        macro_f1: Mean F1.
        floor: Its lowest sensitivity of any class.
        latency: Time for one image.
        images: Images that it was judged on.
        cases: Independent cases among them.
        left_out: Images that it was not judged on, because it had seen them or others of the same case.
        verdict: The gate's verdict, by the criteria that apply.
        reason: The verdict's reason in one sentence.
        behind: What the best model has over it on the images that both were judged on; None for the best itself, and
            where there is no such image.
    """

    name: str
    network: str
    parameters: int
    accuracy: Estimate
    balanced_accuracy: Estimate
    macro_f1: Estimate
    floor: SensitivityFloor
    latency: Latency
    images: int
    cases: int
    left_out: int
    verdict: Verdict
    reason: str
    behind: PairedDifference | None

    @classmethod
    def of(
        cls,
        name: str,
        *,
        network: str,
        parameters: int,
        evaluation: Evaluation,
        gate_report: GateReport,
        offered: int,
        behind: PairedDifference | None,
    ) -> Self:
        """Collects what is known of a model.

        Args:
            name: Registered model and version, in words.
            network: SHA-256 of its graph.
            parameters: Weights in its graph.
            evaluation: What was measured.
            gate_report: The verdict.
            offered: Images that it might have been judged on.
            behind: What the best model has over it.
        """
        metrics = evaluation.metrics
        return cls(
            name=name,
            network=network,
            parameters=parameters,
            accuracy=metrics.accuracy,
            balanced_accuracy=metrics.balanced_accuracy,
            macro_f1=metrics.macro_f1,
            floor=sensitivity_floor(metrics),
            latency=evaluation.latency,
            images=len(evaluation.test),
            cases=len(set(evaluation.test.groups)),
            left_out=offered - len(evaluation.test),
            verdict=gate_report.verdict,
            reason=gate_report.sentence(),
            behind=behind,
        )

    @property
    def passed(self) -> bool:
        """Whether the gate passed."""
        return self.verdict is Verdict.PASS

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return {
            **vars(self),
            **{name: getattr(self, name).to_dict() for name in _ESTIMATES},
            "floor": self.floor.to_dict(),
            "latency": self.latency.to_dict(),
            "verdict": self.verdict.value,
            "behind": None if self.behind is None else self.behind.to_dict(),
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Builds the result from what `to_dict` gave, also after a trip through JSON."""
        return cls(
            **{
                **values,
                **{name: Estimate.from_dict(values[name]) for name in _ESTIMATES},
                "floor": SensitivityFloor.from_dict(values["floor"]),
                "latency": Latency.from_dict(values["latency"]),
                "verdict": Verdict(values["verdict"]),
                "behind": None if values["behind"] is None else PairedDifference.from_dict(values["behind"]),
            }
        )
