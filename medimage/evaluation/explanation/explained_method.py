"""What one method's heat maps are worth."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from medimage.config.evaluation import MethodName
from medimage.evaluation.explanation.areas import Measure
from medimage.evaluation.explanation.randomised_part import Randomised
from medimage.evaluation.metrics.estimate import Estimate

TITLES: Mapping[MethodName, str] = {
    "grad_cam": "Grad-CAM",
    "hires_cam": "HiResCAM",
    "ablation_cam": "Ablation-CAM",
    "attention_rollout": "Attention rollout",
    "integrated_gradients": "Integrated gradients",
}


@dataclass(frozen=True, kw_only=True)
class ExplainedMethod:
    """One way to make heat maps, and how far its maps of the explained images can be believed.

    Attributes:
        name: The method.
        layer: What was mapped, in words.
        remark: What a reader must know of these very maps; may be empty.
        empty: Images of which no place speaks for the class.
        advantages: Measure → how much better the maps are than random ones as coarse, mean over the images; above 0 is
            faithful.
        hit_rate: Share of images with known lesions whose hottest pixel lies in one; None where no lesion is known.
        random_hit_rate: What a random point would reach on the same images; None where no lesion is known.
        agreement: Part of the network → rank correlation, whatever its sign, of the maps with those after its
            weights were replaced by random ones, mean over some of the images; in [0, 1].
        missing_because: Why there is no map; empty where there are maps.
    """

    name: MethodName
    layer: str = ""
    remark: str = ""
    empty: int = 0
    advantages: Mapping[Measure, Estimate] = field(default_factory=dict)
    hit_rate: Estimate | None = None
    random_hit_rate: float | None = None
    agreement: Mapping[Randomised, Estimate] = field(default_factory=dict)
    missing_because: str = ""

    def __post_init__(self) -> None:
        if bool(self.advantages) == bool(self.missing_because):
            raise ValueError(
                f"Expected either advantages or a reason for none but got {list(self.advantages)} and "
                f"{self.missing_because!r}"
            )
        if (self.hit_rate is None) != (self.random_hit_rate is None):
            raise ValueError("Expected both hit_rate and random_hit_rate, or neither")

    @property
    def title(self) -> str:
        """The name that people know the method by."""
        return TITLES[self.name]

    def is_better_than_random(self, measure: Measure) -> bool:
        """Returns whether the whole interval of an advantage lies above 0."""
        advantage = self.advantages[measure]
        return advantage.has_interval and advantage.low > 0

    @property
    def hits_more_than_random(self) -> bool:
        """Whether the whole interval of the hit rate lies above what a random point would reach."""
        return self.hit_rate is not None and self.hit_rate.low > (self.random_hit_rate or 0)

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return {
            **vars(self),
            "advantages": {name: estimate.to_dict() for name, estimate in self.advantages.items()},
            "hit_rate": self.hit_rate.to_dict() if self.hit_rate else None,
            "agreement": {name: estimate.to_dict() for name, estimate in self.agreement.items()},
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Builds the method from what `to_dict` gave."""
        return cls(
            **{
                **values,
                "advantages": {name: Estimate.from_dict(each) for name, each in values["advantages"].items()},
                "hit_rate": Estimate.from_dict(values["hit_rate"]) if values["hit_rate"] else None,
                "agreement": {name: Estimate.from_dict(each) for name, each in values["agreement"].items()},
            }
        )
