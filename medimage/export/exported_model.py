"""A model that runs without PyTorch, with the proof that it does what the trained one does."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

from medimage.evaluation.latency import Latency
from medimage.export.agreement import Parity
from medimage.export.exported_format import ExportedFormat
from medimage.models.trained_model import ModelSpec


@dataclass(frozen=True, kw_only=True)
class ExportedModel:
    """One self-contained ONNX graph: uint8 pixels in; probabilities, logits, embedding and, on request, a map out.

    Attributes:
        onnx: The serialised graph, weights included.
        spec: The network it was made from.
        temperature: Temperature inside the graph.
        parity: Agreement with the trained network.
        latency: Time for one image with onnxruntime, decoding included.
        further: The same model in other formats.
    """

    onnx: bytes
    spec: ModelSpec
    temperature: float
    parity: Parity
    latency: Latency
    further: tuple[ExportedFormat, ...] = ()

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
    def formats(self) -> tuple[ExportedFormat, ...]:
        """Every file of the model, ONNX first."""
        onnx = ExportedFormat(name="onnx", content=self.onnx, parity=self.parity, latency=self.latency)
        return (onnx, *self.further)
