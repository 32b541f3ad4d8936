"""Which images a registered model has seen, so that nobody judges it on them."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq

from medimage.data.split import Split

_PARTS = ("train", "validation")


@dataclass(frozen=True, kw_only=True)
class SeenImages:
    """The images behind a model, by the SHA-256 of their encoded bytes; no image, name or patient is among them.

    Attributes:
        train: Images that its weights were fitted to.
        validation: Images that its epoch and temperature were chosen on.
    """

    train: frozenset[str]
    validation: frozenset[str]

    @classmethod
    def of(cls, splits: Sequence[Split]) -> Self:
        """Collects the images of every split that a member of the model was trained on.

        Args:
            splits: One, or for an ensemble one for each member.
        """
        found = {
            part: frozenset(
                image_id
                for split in splits
                for image_id, where in zip(split.image_ids, split.parts, strict=True)
                if where == part
            )
            for part in _PARTS
        }
        return cls(train=found["train"], validation=found["validation"])

    def among(self, image_ids: Iterable[str]) -> frozenset[str]:
        """Returns those of the images that the model has seen."""
        return (self.train | self.validation).intersection(image_ids)

    def to_parquet(self) -> bytes:
        """Returns one row per image and part, the same for the same images."""
        rows = [(image_id, part) for part in _PARTS for image_id in sorted(getattr(self, part))]
        table = pa.table(
            {
                "image_id": pa.array([image_id for image_id, _ in rows], pa.string()),
                "part": pa.array([part for _, part in rows], pa.string()),
            }
        )
        buffer = io.BytesIO()
        pq.write_table(table, buffer, compression="zstd")
        return buffer.getvalue()

    @classmethod
    def from_parquet(cls, content: bytes) -> Self:
        """Reads what `to_parquet` gave.

        Raises:
            ValueError: If it is no such table (pyarrow's errors are ValueErrors or KeyErrors).
            KeyError: If a column is missing.
        """
        table = pq.read_table(io.BytesIO(content))
        parts, image_ids = table["part"].to_pylist(), table["image_id"].to_pylist()
        found = {
            name: frozenset(image_id for image_id, part in zip(image_ids, parts, strict=True) if part == name)
            for name in _PARTS
        }
        return cls(train=found["train"], validation=found["validation"])
