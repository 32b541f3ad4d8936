"""What a registered model reached on images that it was not made from."""

from dataclasses import dataclass
from typing import Self

from medimage.evaluation.comparison.paired import PairedDifference
from medimage.evaluation.comparison.ranked_result import RankedResult
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.gate.gate_report import GateReport
from medimage.evaluation.metrics.sensitivity_floor import sensitivity_floor


@dataclass(frozen=True, kw_only=True)
class JudgedModel(RankedResult):
    """A registered model that was judged.

    Attributes:
        images: Images that it was judged on.
        cases: Independent cases among them.
        left_out: Images that it was not judged on, because it had seen them or others of the same case.
    """

    images: int
    cases: int
    left_out: int

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
