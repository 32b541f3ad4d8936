"""What is known of each image beside its class: origin, sex, age band, scanner."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from medimage.config.metadata import ORIGIN
from medimage.data.image_table import ImageTable
from medimage.data.stated_value import stated_value
from medimage.errors import DataError


@dataclass(frozen=True, kw_only=True)
class ImageLevels:
    """One kind of metadata of some images.

    Attributes:
        levels: Value of each image; empty where it is not stated.
        contradictions: Images among them that are not stated because their copies say different things.
    """

    levels: tuple[str, ...]
    contradictions: int


def levels_of_images(table: ImageTable, image_ids: Sequence[str]) -> dict[str, ImageLevels]:
    """Returns the metadata of images by name, the origin first where any image of the table has one.

    Values that differ in case and spaces alone are one, written as most images have it. Copies of an image, under
    several names, state together what one of them states; where they contradict each other, nothing is stated.

    Args:
        table: The images.
        image_ids: Which images, and in which order.

    Raises:
        DataError: If an image is not in the table.
    """
    records = table.records
    known = set(records["image_id"])
    strangers = [image_id for image_id in image_ids if image_id not in known]
    if strangers:
        raise DataError(
            f"Expected images of the table, but {len(strangers)} of {len(image_ids)} are not among its "
            f"{len(records)}, such as {strangers[0]}. They belong to different data: start a run that makes both."
        )
    found: dict[str, ImageLevels] = {}
    for name, values in _written(records).items():
        if name == ORIGIN and not any(values):
            continue
        found[name] = _merged(records["image_id"].tolist(), values, image_ids)
    return found


def _written(records: pd.DataFrame) -> Mapping[str, Sequence[str]]:
    rows = [json.loads(text) for text in records["metadata"]]
    names = dict.fromkeys(name for row in rows for name in row)
    # Sources store the origin as it is written.
    origins = [stated_value(origin) for origin in records["origin"]]
    return {ORIGIN: origins, **{name: [stated_value(row.get(name, "")) for row in rows] for name in names}}


def _merged(record_ids: Iterable[str], values: Sequence[str], image_ids: Sequence[str]) -> ImageLevels:
    spelling = _spellings(values)
    stated: defaultdict[str, set[str]] = defaultdict(set)
    for image_id, value in zip(record_ids, values, strict=True):
        if value:
            stated[image_id].add(spelling[value])
    wanted = [stated.get(image_id, set()) for image_id in image_ids]
    return ImageLevels(
        levels=tuple(next(iter(levels)) if len(levels) == 1 else "" for levels in wanted),
        contradictions=sum(len(levels) > 1 for levels in wanted),
    )


def _spellings(values: Sequence[str]) -> dict[str, str]:
    """Returns value → the most frequent one that differs from it in case alone."""
    alike: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    for value, count in Counter(values).items():
        alike[value.casefold()].append((-count, value))
    return {value: min(same)[1] for same in alike.values() for _, value in same}
