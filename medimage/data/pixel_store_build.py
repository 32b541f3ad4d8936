"""Decoding and resizing every image once, on all cores, so that a killed build goes on where it was."""

import hashlib
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import chain, islice
from pathlib import Path
from typing import TypeVar

import medimage.serving
from medimage.data.bounded_map import bounded_map
from medimage.data.image_table import ImageTable
from medimage.data.pixel_files import HISTOGRAMS_FILE, PIXELS_FILE, PixelFiles
from medimage.data.shards import DirectoryShards
from medimage.data.unfinished_folder import unfinished_folder
from medimage.progress import track
from medimage.serving.color_mode import ColorMode, channels_of
from medimage.serving.cores import available_cores
from medimage.serving.decoders import decoder_versions
from medimage.serving.preprocessing import PREPROCESSING_VERSION, prepare_image

BATCH_IMAGES = 4
"""Images that a thread prepares in one go: enough that handing them over costs little, few enough that all threads are
done at nearly the same time."""

_BATCHES_AHEAD = 4
"""Batches that wait for each thread, so that none stands still while the next images are read."""

CHECKPOINT_SECONDS = 1.0
"""What a build loses at most when the machine ends; one that is killed loses only what was being prepared."""

Item = TypeVar("Item")


@dataclass(frozen=True, kw_only=True)
class BuiltPixels:
    """The arrays of a pixel store.

    Attributes:
        shards: A temporary folder that holds them.
        content_hash: SHA-256 over ids, pixels and histograms, in the order of the ids.
    """

    shards: DirectoryShards
    content_hash: str


def build_pixels(
    table: ImageTable,
    *,
    image_ids: Sequence[str],
    size: int,
    color_mode: ColorMode,
    threads: int | None = None,
    checkpoint_seconds: float = CHECKPOINT_SECONDS,
) -> BuiltPixels:
    """Decodes and resizes images, going on with what an earlier, killed call left in the workspace.

    Threads are enough, because decoding, resizing and hashing let other threads run. However many images there are,
    only some batches of them are in memory.

    Args:
        table: Where the encoded images are.
        image_ids: The images wanted, each once; each must be decodable.
        size: Height and width to resize to, in pixels.
        color_mode: One channel or three.
        threads: Threads that prepare images; as many as there are cores when not given.
        checkpoint_seconds: Time after which finished images are flushed to the disk.

    Raises:
        KeyError: If an id is not in the table.
        ImageRefusedError: If an image cannot be decoded.
    """
    channels = channels_of(color_mode)
    head = described(image_ids, size=size, channels=channels)
    rows = {image_id: row for row, image_id in enumerate(image_ids)}
    work = hashlib.sha256(head.encode()).hexdigest()[:32]
    with unfinished_folder(work, version=_code_version()) as folder:
        with PixelFiles.opened(folder, images=len(image_ids), size=size, channels=channels) as files:
            known = track(rows.items(), description="Looking for finished pixels", total=len(rows))
            missing = [image_id for image_id, row in known if not files.finished(row)]

            def prepare(batch: Sequence[tuple[str, bytes]]) -> list[str]:
                for image_id, encoded in batch:
                    files.write(rows[image_id], prepare_image(encoded, color_mode=color_mode, size=size))
                return [image_id for image_id, _ in batch]

            workers = threads or available_cores()
            with ThreadPoolExecutor(workers) as pool:
                batches = _batches(table.encoded_images(missing), BATCH_IMAGES)
                prepared = bounded_map(pool, prepare, batches, ahead=_BATCHES_AHEAD * workers, size=_bytes_of)
                written = track(chain.from_iterable(prepared), description="Preparing pixels", total=len(missing))
                _flush_now_and_then(files, written, every=checkpoint_seconds)
            content_hash = files.digest_of_all(head)
        shards = DirectoryShards.temporary()
        for name in (PIXELS_FILE, HISTOGRAMS_FILE):
            (folder / name).rename(shards.local_path(name))
    return BuiltPixels(shards=shards, content_hash=content_hash)


def described(image_ids: Sequence[str], *, size: int, channels: int) -> str:
    """Returns what a pixel store is of, as text that is equal for equal stores and begins its content hash.

    Args:
        image_ids: Its images, in their order.
        size: Height and width, in pixels.
        channels: 1 or 3.
    """
    return f"{PREPROCESSING_VERSION} {(len(image_ids), size, size, channels)} {list(image_ids)}"


def _flush_now_and_then(files: PixelFiles, written: Iterable[str], *, every: float) -> None:
    since = time.monotonic()
    for _ in written:
        # Not at the end: then nothing is left to go on with, and waiting for the disk takes as long as many images.
        if time.monotonic() - since >= every:
            files.flush()
            since = time.monotonic()


def _bytes_of(batch: Sequence[tuple[str, bytes]]) -> int:
    return sum(len(encoded) for _, encoded in batch)


def _batches(items: Iterable[Item], length: int) -> Iterator[tuple[Item, ...]]:
    iterator = iter(items)
    while batch := tuple(islice(iterator, length)):
        yield batch


@cache
def _code_version() -> str:
    """Returns a hash of everything that decides pixels: the code that decodes and writes, and the decoders."""
    digest = hashlib.sha256()
    beside = (Path(__file__), Path(__file__).with_name("pixel_files.py"))
    for path in sorted((*beside, *Path(medimage.serving.__path__[0]).rglob("*.py"))):
        digest.update(path.read_bytes())
    digest.update(str(decoder_versions()).encode())
    return digest.hexdigest()[:16]
