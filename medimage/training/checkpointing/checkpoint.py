"""All that a stage of training needs to go on after an epoch, as one safetensors file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import safetensors
import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor

FORMAT = "1"
"""Changes when a file means something else than before."""


class DamagedCheckpointError(ValueError):
    """The bytes are no checkpoint that this version wrote."""


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """All that a stage of training needs to go on after an epoch.

    Attributes:
        epoch: Finished epochs.
        tensors: By name, on the CPU.
        values: Everything else, ready for JSON.
    """

    epoch: int
    tensors: dict[str, Tensor]
    values: dict[str, Any]

    def pack(self, identity: Mapping[str, Any]) -> bytes:
        """Returns the checkpoint as bytes that no pickle is needed to read.

        Args:
            identity: What training it belongs to, ready for JSON.
        """
        metadata = {
            "format": FORMAT,
            "epoch": str(self.epoch),
            "identity": json.dumps(identity),
            "values": json.dumps(self.values, allow_nan=False),
        }
        return safetensors.torch.save(self.tensors, metadata=metadata)

    @classmethod
    def unpack(cls, content: bytes) -> tuple[Self, dict[str, Any]]:
        """Reads what `pack` gave, and returns it with the identity.

        Raises:
            DamagedCheckpointError: If it gave no such bytes.
        """
        try:
            metadata = _metadata(content)
            if metadata.get("format") != FORMAT:
                raise DamagedCheckpointError(f"its format is {metadata.get('format')} and not {FORMAT}")
            tensors = safetensors.torch.load(content)
            checkpoint = cls(epoch=int(metadata["epoch"]), tensors=tensors, values=json.loads(metadata["values"]))
            return checkpoint, json.loads(metadata["identity"])
        except (SafetensorError, KeyError, ValueError) as error:
            raise DamagedCheckpointError(f"it cannot be read: {error}") from error


def _metadata(content: bytes) -> dict[str, str]:
    # safetensors reads metadata of files only. Its format: 8 bytes with the length of the header, the header as JSON.
    length = int.from_bytes(content[:8], "little")
    return json.loads(content[8 : 8 + length]).get("__metadata__", {})
