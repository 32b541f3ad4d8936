"""Building a pixel store reaches 0.9 of cores times one thread of the fastest decoder, on gray JPEGs of 1024 pixels."""

import io
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image

from benchmarks.measurement import Measurement
from benchmarks.private_workspace import private_workspace
from medimage.data.image_record import ImageRecord
from medimage.data.image_table import ImageTable
from medimage.data.pixel_store import PixelStore
from medimage.data.synthetic import generate_phantoms

SIDE = 1024
SIZE = 224
QUALITY = 92
_ROUNDS = 5
_PEER_IMAGES = 60
_SHIFTS = 24
_TARGET = 0.9


def measure() -> Measurement:
    """Builds a store from a table, between two runs of the peer over the same files, several times.

    The peer is one thread of simplejpeg (libjpeg-turbo), with the same work as the store: read the file, decode it
    whole, resize it with Pillow's antialiased bilinear filter, keep the result. It was the fastest of Pillow, OpenCV,
    imagecodecs, pyvips, torchvision and simplejpeg, all with the same pixels. The store reads its Parquet shards,
    and makes histograms and digests as well.
    """
    cores = os.cpu_count() or 1
    with private_workspace(), tempfile.TemporaryDirectory(prefix="medimage-benchmark-") as folder:
        files = _write_images(Path(folder))
        records = (
            ImageRecord(name=file.name, encoded=file.read_bytes(), label="ab"[n % 2]) for n, file in enumerate(files)
        )
        table = ImageTable.write(records, classes=("a", "b"))
        image_ids = [str(identity) for identity in table.records["image_id"]]
        sample = files[:_PEER_IMAGES]

        def build() -> PixelStore:
            return PixelStore.build(table, image_ids=image_ids, size=SIZE, color_mode="gray")

        expected = _peer(sample)
        if not np.array_equal(build().pixels[: len(sample), :, :, 0], expected):
            raise AssertionError("Expected the store and its peer to have the same pixels")
        peers, stores, ratios, crowds, decoders, loads = [], [], [], [], [], []
        for _ in range(_ROUNDS):
            busy = time.process_time()
            before = _rate(lambda: _peer(sample), len(sample))
            of_peer, busy = time.process_time() - busy, time.process_time()
            stores.append(_rate(build, len(files)))
            of_store = time.process_time() - busy
            loads.append((of_store / len(files)) / (of_peer / len(sample)))
            after = _rate(lambda: _peer(sample), len(sample))
            crowds.append(_rate(lambda: _peer_on_all_cores(files, cores), len(files)))
            decoders.append(_rate(lambda: _decode(sample), len(sample)))
            peers.append(2 / (1 / before + 1 / after))
            ratios.append(stores[-1] / peers[-1])
    return Measurement(
        name="pixel_store_speed",
        measured=statistics.median(ratios) / cores,
        target=_TARGET,
        unit=f"of {cores} cores x one thread",
        direction="at_least",
        details=(
            f"{len(files)} gray JPEGs of {SIDE} px, quality {QUALITY}, resized to {SIZE} px; {_ROUNDS} rounds",
            f"store on {cores} cores: {statistics.median(stores):.0f} images/s",
            f"simplejpeg and the same resizing on one thread: {statistics.median(peers):.0f} images/s "
            f"(decoding alone: {statistics.median(decoders):.0f})",
            f"the same on {cores} threads at once, the most that this machine gives now: "
            f"{statistics.median(crowds):.0f} images/s",
            f"processor time of an image, store to peer: {statistics.median(loads):.2f}",
            f"ratio of store to one thread: {', '.join(f'{ratio:.2f}' for ratio in ratios)}",
            f"load average: {os.getloadavg()[0]:.1f}",
        ),
    )


def _write_images(folder: Path) -> list[Path]:
    phantoms = generate_phantoms(patients_per_class=2, images_per_patient=2, image_size=SIDE, seed=3)
    files = []
    for number, phantom in enumerate(phantoms):
        for shift in range(_SHIFTS):
            # Moved sideways, an image has other blocks to encode and is as hard to decode.
            moved = np.roll(phantom.pixels, 37 * shift, axis=1)
            buffer = io.BytesIO()
            Image.fromarray(moved).save(buffer, "JPEG", quality=QUALITY)
            files.append(folder / f"{number:03d}-{shift:02d}.jpg")
            files[-1].write_bytes(buffer.getvalue())
    return files


def _rate(work: Callable[[], object], images: int) -> float:
    start = time.perf_counter()
    work()
    return images / (time.perf_counter() - start)


def _peer(files: Sequence[Path]) -> NDArray[np.uint8]:
    kept = np.empty((len(files), SIZE, SIZE), dtype=np.uint8)
    for row, file in enumerate(files):
        pixels = simplejpeg.decode_jpeg(file.read_bytes(), "GRAY")[:, :, 0]
        kept[row] = np.asarray(Image.fromarray(pixels).resize((SIZE, SIZE), Image.Resampling.BILINEAR))
    return kept


def _peer_on_all_cores(files: Sequence[Path], cores: int) -> None:
    with ThreadPoolExecutor(cores) as pool:
        list(pool.map(_peer, [files[start :: 4 * cores] for start in range(4 * cores)]))


def _decode(files: Sequence[Path]) -> None:
    for file in files:
        simplejpeg.decode_jpeg(file.read_bytes(), "GRAY")
