"""The images of a table one at a time, as a source yields them: to put several tables into one."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import replace

from medimage.data.box import Box
from medimage.data.image_record import ImageRecord
from medimage.data.image_table import ImageTable


def table_records(table: ImageTable, names: Collection[str] | None = None) -> Iterator[ImageRecord]:
    """Yields every file of a table, or those called `names`, in storage order, copies of an image one after the other.

    Args:
        table: The table.
        names: Names of files.
    """
    rows = table.records if names is None else table.records[table.records["name"].isin(set(names))]
    by_image: dict[str, list[ImageRecord]] = defaultdict(list)
    columns = ["name", "image_id", "label", "group", "origin", "given_split", "lesion_boxes", "metadata"]
    for name, image_id, label, group, origin, given_split, boxes, metadata in rows[columns].itertuples(index=False):
        by_image[image_id].append(
            ImageRecord(
                name=name,
                encoded=b"",
                label=label,
                group=group,
                origin=origin,
                given_split=given_split,
                lesion_boxes=tuple(Box(**values) for values in json.loads(boxes)),
                metadata=json.loads(metadata),
            )
        )
    for image_id, encoded in table.encoded_images(list(by_image)):
        for record in by_image[image_id]:
            yield replace(record, encoded=encoded)
