"""What models that are ranked have in common, wherever they come from."""

from dataclasses import dataclass
from typing import Any, Self

from medimage.evaluation.comparison.paired import PairedDifference
from medimage.evaluation.gate.criterion import Verdict
from medimage.evaluation.latency import Latency
from medimage.evaluation.metrics.estimate import Estimate
from medimage.evaluation.metrics.sensitivity_floor import SensitivityFloor

_ESTIMATES = ("accuracy", "balanced_accuracy", "macro_f1")


@dataclass(frozen=True, kw_only=True)
class RankedResult:
    """A model that was judged beside others.

    Attributes:
        name: Its name, in words.
        network: All that decides how much there is to compute for one image: equal ones are equally fast.
        parameters: Number of parameters in total.
        accuracy: Share of the images that are recognised.
        balanced_accuracy: Mean sensitivity; NaN where a class has no images.
        macro_f1: Mean F1.
        floor: Its lowest sensitivity of any class.
        latency: Time for one image.
        verdict: The gate's verdict.
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
    verdict: Verdict
    reason: str
    behind: PairedDifference | None

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
