"""What one candidate of an experiment reached, and what it cost."""

import json
from dataclasses import dataclass
from typing import Any, Self

from medimage.evaluation.comparison.paired import PairedDifference
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.gate.criterion import Verdict
from medimage.evaluation.gate.gate_report import GateReport
from medimage.evaluation.latency import Latency
from medimage.evaluation.metrics.estimate import Estimate
from medimage.evaluation.metrics.sensitivity_floor import SensitivityFloor, sensitivity_floor
from medimage.models.training_record import TrainingRecord

_ESTIMATES = ("accuracy", "balanced_accuracy", "macro_f1")


@dataclass(frozen=True, kw_only=True)
class CandidateResult:
    """A candidate that was judged.

    Attributes:
        name: Its name.
        model: Name of its network, with head and input size.
        network: All that decides how much there is to compute for one image: equal ones are equally fast.
        accuracy: Share of test images that are recognised.
        balanced_accuracy: Mean sensitivity, by which candidates are ranked.
        macro_f1: Mean F1.
        floor: Its lowest sensitivity of any class.
        latency: Time for one image.
        parameters: Number of parameters in total.
        trainable_parameters: Most parameters that were trained in a stage.
        epochs: Epochs of all stages.
        seconds: Wall time of all epochs.
        peak_memory_gib: Largest memory of any epoch, on the GPU, else beyond what the process held before each stage;
            None where unknown.
        training: How it was trained, in words.
        verdict: The gate's verdict.
        reason: The verdict's reason in one sentence.
        behind: What the best candidate has over it, image by image; None for the best itself.
    """

    name: str
    model: str
    network: str
    accuracy: Estimate
    balanced_accuracy: Estimate
    macro_f1: Estimate
    floor: SensitivityFloor
    latency: Latency
    parameters: int
    trainable_parameters: int
    epochs: int
    seconds: float
    peak_memory_gib: float | None
    training: str
    verdict: Verdict
    reason: str
    behind: PairedDifference | None

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
