"""Storage of splits."""

import io
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, ClassVar

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from zenml.metadata.metadata_types import MetadataType

from materializers.file_materializer import FileMaterializer, content_hash, json_bytes
from medimage.data.left_out import LeftOut
from medimage.data.lock_reference import LockReference
from medimage.data.safe_csv import safe_csv
from medimage.data.split import PARTS, Split

_IMAGES = "split.parquet"
_CIRCUMSTANCES = "circumstances.json"


class SplitMaterializer(FileMaterializer):
    """Stores a `Split` as Parquet and JSON."""

    SKIP_REGISTRATION: ClassVar[bool] = False
    ASSOCIATED_TYPES: ClassVar[tuple[type[Any], ...]] = (Split,)

    def to_files(self, data: Split) -> dict[str, bytes]:
        """Returns one row per image with the class names in the file's metadata, and what is known beside them."""
        table = pa.table(
            {
                "image_id": list(data.image_ids),
                "label": list(data.labels),
                "group": list(data.groups),
                "part": list(data.parts),
            }
        ).replace_schema_metadata({"classes": json.dumps(data.classes)})
        buffer = io.BytesIO()
        pq.write_table(table, buffer, compression="zstd")
        return {
            _IMAGES: buffer.getvalue(),
            _CIRCUMSTANCES: json_bytes(
                {
                    "left_out": [asdict(image) for image in data.left_out],
                    "test_set": asdict(data.test_set) if data.test_set else None,
                    "findings": data.findings,
                }
            ),
        }

    def from_files(self, read: Callable[[str], bytes]) -> Split:
        """Builds the split, which refuses to exist where a group crosses it."""
        table = pq.read_table(io.BytesIO(read(_IMAGES)))
        metadata = table.schema.metadata or {}
        values = json.loads(read(_CIRCUMSTANCES))
        return Split(
            image_ids=tuple(table["image_id"].to_pylist()),
            labels=tuple(table["label"].to_pylist()),
            groups=tuple(table["group"].to_pylist()),
            parts=tuple(table["part"].to_pylist()),
            classes=tuple(json.loads(metadata[b"classes"])),
            left_out=tuple(LeftOut(**image) for image in values["left_out"]),
            test_set=LockReference(**values["test_set"]) if values["test_set"] else None,
            findings=tuple(values["findings"]),
        )

    def compute_content_hash(self, data: Split) -> str:
        """Returns the hash over the division and what is told about it; when a test set was locked does not count."""
        test_set = (data.test_set.name, data.test_set.digest) if data.test_set else None
        told = json_bytes({"findings": data.findings, "test_set": test_set})
        return content_hash({"division": data.content_hash.encode(), "told": told})

    def extract_metadata(self, data: Split) -> dict[str, MetadataType]:
        """Returns the number of images and groups of each part, and which test set it has."""
        metadata: dict[str, MetadataType] = {
            "images": {part: sum(data.counts(part).values()) for part in PARTS},
            "groups": {part: data.group_count(part) for part in PARTS},
            "left_out": len(data.left_out),
        }
        if data.test_set:
            metadata |= {"test_set": data.test_set.name, "test_set_digest": data.test_set.digest}
        return metadata

    def views(self, data: Split) -> dict[str, str | bytes]:
        """Returns the number of images of each class in each part, what is left out, and what a person should know."""
        counts = {part: data.counts(part) for part in PARTS}
        rows = [(name, *(counts[part][name] for part in PARTS)) for name in data.classes]
        rows.append(("groups", *(data.group_count(part) for part in PARTS)))
        views: dict[str, str | bytes] = {"split.csv": safe_csv(pd.DataFrame(rows, columns=["class", *PARTS]))}
        words = [f"- {finding}" for finding in data.findings]
        words += [f"- {count} images left out: {reason}" for reason, count in _reasons(data).items()]
        if data.test_set:
            words.insert(0, f"- {data.test_set}, {len(data.rows('test'))} images")
        if words:
            views["split.md"] = "\n".join(words) + "\n"
        if data.left_out:
            views["left_out.csv"] = safe_csv(pd.DataFrame([asdict(image) for image in data.left_out]))
        return views


def _reasons(split: Split) -> dict[str, int]:
    return dict(sorted(Counter(image.reason for image in split.left_out).items()))
