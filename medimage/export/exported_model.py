"""A model that runs without PyTorch, with the proof that it does what the trained one does."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

from medimage.evaluation.latency import Latency
from medimage.export.agreement import Parity
from medimage.export.exported_format import ExportedFormat
from medimage.export.precision.reduction import Reduction
from medimage.models.trained_model import ModelSpec
from medimage.serving.model_metadata import FULL_PRECISION


@dataclass(frozen=True, kw_only=True)
class ExportedModel:
    """One self-contained ONNX graph: uint8 pixels in; probabilities, logits, embedding and, on request, a map out.

    Attributes:
        onnx: The serialised graph, weights included.
        spec: The network it was made from.
        temperature: Temperature inside the graph.
        parity: Agreement with the trained network: of the graph, or, where it computes in fewer bits, of the graph in
            single precision that it was made of.
        latency: Time for one image with onnxruntime, decoding included.
        further: The same model in other formats.
        reduction: What it was made of where it computes in fewer bits; None in single precision.
    """

    onnx: bytes
    spec: ModelSpec
    temperature: float
    parity: Parity
    latency: Latency
    further: tuple[ExportedFormat, ...] = ()
    reduction: Reduction | None = None

    def __post_init__(self) -> None:
        if not self.onnx:
            raise ValueError("Expected a serialised graph but got no bytes")
        if not self.parity.proven:
            raise ValueError(f"Expected proven parity but got {self.parity}")
        names = [each.name for each in self.further]
        if "onnx" in names or len(set(names)) < len(names):
            raise ValueError(f"Expected each further format once, and not onnx among them, but got {names}")

    @property
    def size_bytes(self) -> int:
        """Size of the graph, in bytes."""
        return len(self.onnx)

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the graph, in hexadecimal."""
        return hashlib.sha256(self.onnx).hexdigest()

    @property
    def precision(self) -> str:
        """What the graph computes in: `fp32`, or fewer bits."""
        return self.reduction.precision if self.reduction else FULL_PRECISION

    @property
    def formats(self) -> tuple[ExportedFormat, ...]:
        """Every file of the model, ONNX first."""
        onnx = ExportedFormat(name="onnx", content=self.onnx, parity=self.parity, latency=self.latency)
        return (onnx, *self.further)
