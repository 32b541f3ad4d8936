"""Near-duplicates side by side, for a person to judge whether they are."""

import io
from dataclasses import dataclass

import pandas as pd
from PIL import Image

from medimage.data.image_table import ImageTable
from medimage.serving.preprocessing import ImageRefusedError, decode_image, resize_image

_SIDE = 128
_GAP = 4


@dataclass(frozen=True, kw_only=True)
class DuplicatePair:
    """Two images of one cluster of near-duplicates.

    Attributes:
        png: Both, side by side, as PNG bytes.
        names: Their file names.
        labels: Their classes.
        images: Images in the cluster.
    """

    png: bytes
    names: tuple[str, str]
    labels: tuple[str, str]
    images: int


def duplicate_pairs(table: ImageTable, usable: pd.DataFrame, *, count: int) -> tuple[DuplicatePair, ...]:
    """Draws two images of each of a few clusters, those with several classes first, then the largest.

    Args:
        table: Where the images lie; few of them are read.
        usable: The usable images of the audit; see `DataAudit.usable`.
        count: Pairs wanted.
    """
    near = usable[usable["duplicate_cluster"].duplicated(keep=False)]
    clusters = near.groupby("duplicate_cluster").agg(labels=("label", "nunique"), images=("label", "size"))
    chosen = clusters.sort_values(["labels", "images"], ascending=False, kind="stable").head(count)
    rows = []
    for cluster, images in zip(chosen.index.tolist(), chosen["images"].tolist(), strict=True):
        members = near[near["duplicate_cluster"] == cluster]
        first = members.iloc[0]
        other = members[members["label"] != first["label"]]
        rows.append((first, (other if len(other) else members.iloc[1:]).iloc[0], int(images)))
    wanted = [str(row["image_id"]) for *pair, _ in rows for row in pair]
    encoded = dict(table.encoded_images(wanted)) if wanted else {}
    return tuple(
        DuplicatePair(
            png=_side_by_side(encoded[left["image_id"]], encoded[right["image_id"]]),
            names=(str(left["name"]), str(right["name"])),
            labels=(str(left["label"]), str(right["label"])),
            images=images,
        )
        for left, right, images in rows
    )


def _side_by_side(left: bytes, right: bytes) -> bytes:
    canvas = Image.new("RGB", (2 * _SIDE + _GAP, _SIDE), "white")
    for position, encoded in enumerate((left, right)):
        try:
            pixels = resize_image(decode_image(encoded, color_mode="rgb"), size=_SIDE)
        except ImageRefusedError:
            # Usable images decode in the color mode of the run; where this one refuses, its place stays white.
            continue
        canvas.paste(Image.fromarray(pixels), (position * (_SIDE + _GAP), 0))
    buffer = io.BytesIO()
    canvas.save(buffer, "PNG")
    return buffer.getvalue()
