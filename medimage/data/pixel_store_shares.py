"""A pixel store that several build, each a share of it: what each takes, and how one store is made of all."""

import hashlib
from collections.abc import Sequence

import numpy as np

from medimage.data.image_table import ImageTable
from medimage.data.pixel_files import DIGESTS_FILE, PixelFiles
from medimage.data.pixel_store import PixelStore
from medimage.data.pixel_store_build import described
from medimage.data.shards import DirectoryShards
from medimage.errors import StorageError
from medimage.progress import track
from medimage.work_share import WorkShare


def images_of_share(table: ImageTable, image_ids: Sequence[str], share: WorkShare) -> tuple[str, ...]:
    """Returns the images that one of several takes, in the order in which their files are stored.

    Neighbours in storage, so that whoever takes a share fetches its part of the encoded images and not all of them.

    Args:
        table: Where the encoded images are.
        image_ids: The images of the whole store. Repeated ones count once.
        share: Which share.

    Raises:
        KeyError: If an id is not in the table.
    """
    places = table.records.drop_duplicates("image_id").set_index("image_id")[["shard", "row"]]
    stored = places.loc[list(dict.fromkeys(image_ids))].sort_values(["shard", "row"])
    return tuple(share.of(stored.index.tolist()))


def merge_pixel_stores(parts: Sequence[PixelStore], *, image_ids: Sequence[str]) -> PixelStore:
    """Makes one store of several, the very one that would have been built at once.

    However many images there are, one is in memory at a time.

    Args:
        parts: The stores, at least one; those of a share without images may be among them.
        image_ids: The images of the whole, in its order. Repeated ones count once.

    Raises:
        StorageError: If a part is not what was built.
        ValueError: If the parts are of different sizes, or do not have each image once.
    """
    kinds = {(part.size, part.channels, part.preprocessing) for part in parts}
    if len(kinds) != 1:
        raise ValueError(f"Expected parts of one size, number of channels and preprocessing but got {sorted(kinds)}")
    ((size, channels, preprocessing),) = kinds
    distinct = tuple(dict.fromkeys(image_ids))
    found = [image_id for part in parts for image_id in part.image_ids]
    if sorted(found) != sorted(distinct):
        raise ValueError(
            f"Expected parts with each of {len(distinct)} images once but got {len(found)} images, "
            f"{len(set(found) & set(distinct))} of those wanted"
        )
    rows = {image_id: row for row, image_id in enumerate(distinct)}
    shards = DirectoryShards.temporary()
    with PixelFiles.opened(shards.directory, images=len(distinct), size=size, channels=channels) as files:
        for number, part in enumerate(track(parts, description="Merging pixels", total=len(parts))):
            _copy(part, files, rows, number=number)
        content_hash = files.digest_of_all(described(distinct, size=size, channels=channels))
    shards.local_path(DIGESTS_FILE).unlink()
    return PixelStore(
        shards=shards,
        image_ids=distinct,
        size=size,
        channels=channels,
        preprocessing=preprocessing,
        content_hash=content_hash,
    )


def _copy(part: PixelStore, files: PixelFiles, rows: dict[str, int], *, number: int) -> None:
    """Copies the images of a part to their rows in the whole, and looks whether they are those that were built."""
    digest = hashlib.sha256(described(part.image_ids, size=part.size, channels=part.channels).encode())
    for image_id, image, histogram in zip(part.image_ids, part.pixels, part.histograms, strict=True):
        copied = files.copy(rows[image_id], np.ascontiguousarray(image), np.ascontiguousarray(histogram))
        digest.update(copied)
    if digest.hexdigest() != part.content_hash:
        raise StorageError(
            f"The pixels of part {number + 1}, {len(part.image_ids)} images, are not those that were built: the "
            "artifact store, or the way from it, has damaged them. Run every step again with --no-cache."
        )
