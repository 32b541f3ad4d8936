"""What a reader must know about a model before using it (Mitchell et al., 2019, Model Cards for Model Reporting)."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from medimage.config.dossier import DossierConfig
from medimage.models.trained_model import ModelSpec
from medimage.registry.card_tables import gate_lines, metric_lines
from medimage.registry.provenance import Provenance
from medimage.serving.model_metadata import FULL_PRECISION
from medimage.serving.notice import NOTICE

INTENDED_USE = (
    "Research on the classification of images like those it was trained on: same modality, same projection, same "
    "kind of patients. Every output is to be read by a person who knows the images."
)

LIMITS_OF_EVERY_MODEL = (
    "It always names one of its classes, also for an image that shows none of them.",
    "Agreement between image source and class in the data may be learnt in place of disease.",
)

LIMITS = (
    "It was measured on one split of one data set. Nothing is known about other scanners, hospitals or populations.",
    "Its probabilities are calibrated on validation images of the same data set; another prevalence shifts them.",
    *LIMITS_OF_EVERY_MODEL,
)


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """A model card, as data.

    Attributes:
        name: Registered model.
        description: One sentence on what is classified and for whom.
        spec: The network.
        metrics: Metrics on the test set with intervals, as `Evaluation.summary()` gives them.
        gate: The verdict of the medical validation gate, as `GateReport.to_dict()` gives it.
        data: What it was trained and tested on: title to plain value, such as `{"training images": 4239}`.
        provenance: Hashes of what it came from.
        precision: What the graph computes in; the metrics and the verdict are those of that graph.
        version: Semantic version; None until it is registered.
        intended_use: What it is for.
        limits: What it cannot do.
    """

    name: str
    description: str
    spec: ModelSpec
    metrics: Mapping[str, Any]
    gate: Mapping[str, Any]
    data: Mapping[str, Any]
    provenance: Provenance
    precision: str = FULL_PRECISION
    version: str | None = None
    intended_use: str = INTENDED_USE
    limits: tuple[str, ...] = LIMITS

    def with_version(self, version: str) -> Self:
        """Returns the same card with a version."""
        return replace(self, version=version)

    def stating(self, statements: DossierConfig) -> Self:
        """Returns the same card with what the authors state of its use and limits, as far as they do."""
        use, limits = statements.intended_use.strip(), statements.limitations.strip()
        return replace(
            self,
            intended_use=use or self.intended_use,
            limits=(*self.limits, limits) if limits else self.limits,
        )

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values; a number that is not finite becomes None."""
        return json_ready(
            {
                "name": self.name,
                "version": self.version,
                "description": self.description,
                "notice": NOTICE,
                "intended_use": self.intended_use,
                "limits": self.limits,
                "model": self.spec.to_dict(),
                "precision": self.precision,
                "metrics": self.metrics,
                "gate": self.gate,
                "data": self.data,
                "provenance": self.provenance.to_dict(),
            }
        )

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Builds the card from what `to_dict` gave, also after a trip through JSON."""
        return cls(
            name=values["name"],
            version=values["version"],
            description=values["description"],
            spec=ModelSpec.from_dict(values["model"]),
            metrics=values["metrics"],
            gate=values["gate"],
            data=values["data"],
            provenance=Provenance(**values["provenance"]),
            # Cards of before there were others say nothing.
            precision=values.get("precision", FULL_PRECISION),
            intended_use=values["intended_use"],
            limits=tuple(values["limits"]),
        )

    def to_markdown(self) -> str:
        """Returns the card as text with tables."""
        spec = self.spec
        channels = "gray" if spec.channels == 1 else "RGB"
        lines = [
            f"# {self.name} {self.version or '(not registered)'}",
            "",
            self.description,
            "",
            f"**{NOTICE}**",
            "",
            "## Model",
            "",
            f"- Network: {spec.name} (timm `{spec.timm_name}`), head `{spec.head}`",
            f"- Input: one image, resized to {spec.input_size} x {spec.input_size} pixels, {channels}",
            f"- Precision: {self.precision}; results and verdict are of this very graph",
            f"- Output: probability of each class: {', '.join(spec.classes)}",
            "",
            "## Intended use",
            "",
            self.intended_use,
            "",
            "## Limits",
            "",
            *[f"- {limit}" for limit in self.limits],
            "",
            "## Data",
            "",
            *[f"- {title}: {value}" for title, value in self.data.items()],
            "",
            "## Results on the test set",
            "",
            *metric_lines(self.metrics),
            "## Medical validation gate",
            "",
            *gate_lines(self.gate),
            "## Provenance",
            "",
            *[f"- {title.replace('_', ' ')}: `{value}`" for title, value in self.provenance.to_dict().items()],
        ]
        return "\n".join(lines) + "\n"


def json_ready(value: Any) -> Any:
    """Returns plain values for JSON: a number that is not finite becomes None."""
    if isinstance(value, Mapping):
        return {str(key): json_ready(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_ready(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
