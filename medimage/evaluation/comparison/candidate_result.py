"""What one candidate of an experiment reached, and what it cost."""

import json
from dataclasses import dataclass
from typing import Self

from medimage.evaluation.comparison.paired import PairedDifference
from medimage.evaluation.comparison.ranked_result import RankedResult
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.gate.gate_report import GateReport
from medimage.evaluation.metrics.sensitivity_floor import sensitivity_floor
from medimage.models.training_record import TrainingRecord


@dataclass(frozen=True, kw_only=True)
class CandidateResult(RankedResult):
    """A candidate that was judged.

    Attributes:
        model: Name of its network, with head and input size.
        trainable_parameters: Most parameters that were trained in a stage.
        epochs: Epochs of all stages.
        seconds: Wall time of all epochs.
        peak_memory_gib: Largest memory of any epoch, on the GPU, else beyond what the process held before each stage;
            None where unknown.
        training: How it was trained, in words.
    """

    model: str
    trainable_parameters: int
    epochs: int
    seconds: float
    peak_memory_gib: float | None
    training: str

    @classmethod
    def of(
        cls,
        name: str,
        *,
        evaluation: Evaluation,
        gate_report: GateReport,
        training: TrainingRecord,
        behind: PairedDifference | None,
    ) -> Self:
        """Collects what is known of a candidate."""
        metrics, spec = evaluation.metrics, training.spec
        built = {key: value for key, value in spec.to_dict().items() if key not in ("name", "normalization")}
        return cls(
            name=name,
            model=f"{spec.name}, head {spec.head}, {spec.input_size} px",
            network=json.dumps(built, sort_keys=True),
            accuracy=metrics.accuracy,
            balanced_accuracy=metrics.balanced_accuracy,
            macro_f1=metrics.macro_f1,
            floor=sensitivity_floor(metrics),
            latency=evaluation.latency,
            parameters=training.parameters,
            trainable_parameters=training.trainable_parameters,
            epochs=training.epochs,
            seconds=training.seconds,
            peak_memory_gib=training.peak_memory_gib,
            training=training.sentence(),
            verdict=gate_report.verdict,
            reason=gate_report.sentence(),
            behind=behind,
        )
