"""The list of a run's images: their hashes, classes and parts, and nothing that names a person."""

import io
from collections.abc import Iterable, Mapping
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from medimage.data.split import Split
from medimage.evaluation.predictions import Predictions

IMAGES_FILE: Final = "images.parquet"


def images_list(splits: Mapping[str, Split], *, cases: Mapping[str, int]) -> bytes:
    """Returns the images of a run as Parquet, sorted by fold and id.

    The columns are `fold` (empty where there are no folds), `image_id` (SHA-256 of the encoded bytes), `part` (`train`,
    `validation`, `test` or `left out`), `label`, and `case`.

    Args:
        splits: Fold → division; one empty name where there are no folds.
        cases: Name of a case (patient, lesion, duplicate cluster) → its number, which stands for it: the name may be
            that of a person.
    """
    rows = sorted(
        (fold, image_id, part, label, cases[group])
        for fold, split in splits.items()
        for image_id, part, label, group in [
            *zip(split.image_ids, split.parts, split.labels, split.groups, strict=True),
            *((image.image_id, "left out", image.label, image.group) for image in split.left_out),
        ]
    )
    columns = list(zip(*rows, strict=True))
    kinds = (pa.string(), pa.string(), pa.string(), pa.string(), pa.int64())
    names = ("fold", "image_id", "part", "label", "case")
    table = pa.table({name: pa.array(column, kind) for name, column, kind in zip(names, columns, kinds, strict=True)})
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def case_numbers(splits: Iterable[Split], judged: Iterable[Predictions] = ()) -> dict[str, int]:
    """Numbers cases in an order that says nothing of their names: that of their images' ids.

    Args:
        splits: Divisions of the same images.
        judged: Predictions on images that may be in no division, as those of another hospital.
    """
    pairs = {
        pair
        for split in splits
        for pair in [
            *zip(split.image_ids, split.groups, strict=True),
            *((image.image_id, image.group) for image in split.left_out),
        ]
    }
    pairs |= {pair for each in judged for pair in zip(each.image_ids, each.groups, strict=True)}
    numbers: dict[str, int] = {}
    for _, group in sorted(pairs):
        numbers.setdefault(group, len(numbers))
    return numbers
