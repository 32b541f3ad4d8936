"""A model that runs without PyTorch, with the proof that it does what the trained one does."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

from medimage.evaluation.latency import Latency
from medimage.models.trained_model import ModelSpec


@dataclass(frozen=True, kw_only=True)
class Parity:
    """Agreement of an exported graph with the trained network.

    Attributes:
        images: Images compared.
        max_difference: Largest absolute difference of any probability of any image.
        tolerance: Largest difference that is allowed.
        identical_decisions: Images on which both name the same class.
    """

    images: int
    max_difference: float
    tolerance: float
    identical_decisions: int

    @property
    def proven(self) -> bool:
        """Whether every probability is within the tolerance and every decision is the same."""
        return self.images > 0 and self.max_difference <= self.tolerance and self.identical_decisions == self.images


@dataclass(frozen=True, kw_only=True)
class ExportedModel:
    """One self-contained ONNX graph: uint8 pixels in, probabilities and logits out.

    Attributes:
        onnx: The serialised graph, weights included.
        spec: The network it was made from.
        temperature: Temperature inside the graph.
        parity: Agreement with the trained network.
        latency: Time for one image with onnxruntime, decoding included.
    """

    onnx: bytes
    spec: ModelSpec
    temperature: float
    parity: Parity
    latency: Latency

    def __post_init__(self) -> None:
        if not self.onnx:
            raise ValueError("Expected a serialised graph but got no bytes")
        if not self.parity.proven:
            raise ValueError(f"Expected proven parity but got {self.parity}")

    @property
    def size_bytes(self) -> int:
        """Size of the graph, in bytes."""
        return len(self.onnx)

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the graph, in hexadecimal."""
        return hashlib.sha256(self.onnx).hexdigest()
