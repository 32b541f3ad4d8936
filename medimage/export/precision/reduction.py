"""What a graph in fewer bits was made of."""

from dataclasses import asdict, dataclass
from typing import Any, Self

from medimage.config.reduced_precision import ReducedPrecision


@dataclass(frozen=True, kw_only=True)
class Reduction:
    """Where a served graph comes from that computes in fewer bits.

    Attributes:
        precision: What it computes in.
        full_precision_sha256: SHA-256 of the graph in single precision that it was made of.
        full_precision_predictions: Hash of the trained network's predictions on the test images
            (`Predictions.content_hash`), by which a run that is repeated knows its own model.
    """

    precision: ReducedPrecision
    full_precision_sha256: str
    full_precision_predictions: str

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Builds it from what `to_dict` gave."""
        return cls(**values)
