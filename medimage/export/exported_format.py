"""A model in a format beside ONNX."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from medimage.config.delivery import FormatName
from medimage.evaluation.latency import Latency
from medimage.export.agreement import Parity

FILE_NAMES: Mapping[FormatName, str] = {
    "onnx": "model.onnx",
    "torchscript": "model.torchscript.pt",
    "torch_export": "model.pt2",
}
"""Names of the files, by format."""

TITLES: Mapping[FormatName, str] = {"onnx": "ONNX", "torchscript": "TorchScript", "torch_export": "torch.export"}
"""What people call a format."""


@dataclass(frozen=True, kw_only=True)
class ExportedFormat:
    """One file: uint8 pixels in, probabilities and logits out.

    Attributes:
        name: Its format.
        content: The file, weights included.
        parity: Agreement with the trained network.
        latency: Time for one image, decoding included.
    """

    name: FormatName
    content: bytes
    parity: Parity
    latency: Latency

    def __post_init__(self) -> None:
        if not self.content:
            raise ValueError(f"Expected a file of the format {self.name} but got no bytes")
        if not self.parity.proven:
            raise ValueError(f"Expected proven parity of {self.name} but got {self.parity}")

    @property
    def file_name(self) -> str:
        """Name of the file."""
        return FILE_NAMES[self.name]

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the file, in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()
