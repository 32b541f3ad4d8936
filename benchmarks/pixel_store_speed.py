"""Building a pixel store reaches 0.9 of cores times one thread of the fastest decoder, on gray JPEGs of 1024 pixels."""

import io
import os
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import simplejpeg
import torch
from numpy.typing import NDArray
from PIL import Image
from torchvision.io import ImageReadMode, decode_jpeg

from benchmarks.support.measurement import Measurement
from benchmarks.support.private_workspace import private_workspace
from medimage.data.image_record import ImageRecord
from medimage.data.image_table import ImageTable
from medimage.data.pixel_store import PixelStore
from medimage.data.synthetic import generate_phantoms

Decoder = Callable[[bytes], NDArray[np.uint8]]

SIDE = 1024
SIZE = 224
QUALITY = 92
_ROUNDS = 5
_PEER_IMAGES = 60
_SHIFTS = 96
_TARGET = 0.9


def measure() -> Measurement:
    """Builds a store from a table, between two runs of the peer over the same files, several times.

    The peer is one thread of the fastest maintained decoder of the environment, which the run finds out, with the
    same work as the store: read the file, decode it whole, resize it with Pillow's antialiased bilinear filter, keep
    the result. That is what is judged. A store holds images of one size, so whatever builds it has to resize as well,
    which takes about as long as decoding: 0.9 of decoding alone is beyond any program that does. The ratio to
    decoding alone is printed beside it. The store reads its Parquet shards, and makes histograms and digests as well.
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

        def decoding() -> dict[str, float]:
            return {
                name: _rate(lambda used=used: _decode(sample, used), len(sample)) for name, used in DECODERS.items()
            }

        _decode(sample, _with_torchvision)
        first = [decoding() for _ in range(_ROUNDS)]
        fastest = max(_MAINTAINED, key=lambda name: statistics.median(rates[name] for rates in first))
        decoder = DECODERS[fastest]
        expected = _peer(sample, decoder)
        if not np.array_equal(build().pixels[: len(sample), :, :, 0], expected):
            raise AssertionError("Expected the store and its peer to have the same pixels")
        peers, stores, crowds, loads, decoded = [], [], [], [], []
        for _ in range(_ROUNDS):
            busy = time.process_time()
            before = _rate(lambda: _peer(sample, decoder), len(sample))
            of_peer, busy = time.process_time() - busy, time.process_time()
            stores.append(_rate(build, len(files)))
            of_store = time.process_time() - busy
            loads.append((of_store / len(files)) / (of_peer / len(sample)))
            after = _rate(lambda: _peer(sample, decoder), len(sample))
            peers.append(2 / (1 / before + 1 / after))
            crowds.append(_rate(lambda: _peer_on_all_cores(files, cores, decoder), len(files)))
            decoded.append(decoding())
    threads_alone = [store / crowd for store, crowd in zip(stores, crowds, strict=True)]
    machine = [crowd / peer / cores for crowd, peer in zip(crowds, peers, strict=True)]
    same_work = [store / peer / cores for store, peer in zip(stores, peers, strict=True)]
    decoding_alone = [store / rates[fastest] / cores for store, rates in zip(stores, decoded, strict=True)]
    rates = {name: statistics.median(each[name] for each in (*first, *decoded)) for name in DECODERS}
    return Measurement(
        name="pixel_store_speed",
        measured=statistics.median(same_work),
        target=_TARGET,
        unit=f"of {cores} cores x one thread",
        direction="at_least",
        details=(
            f"{len(files)} gray JPEGs of {SIDE} px, quality {QUALITY}, resized to {SIZE} px; {_ROUNDS} rounds",
            "decoding alone on one thread, images/s: "
            + ", ".join(f"{name} {rate:.0f}" for name, rate in rates.items()),
            f"fastest that is maintained: {fastest}; with the same resizing, the same work as the store: "
            f"{statistics.median(peers):.0f} images/s",
            f"store on {cores} cores: {statistics.median(stores):.0f} images/s",
            f"store to {cores} x the same work (judged): {_ratios(same_work)}",
            f"store to {cores} x decoding alone (the store resizes as well): {_ratios(decoding_alone)}",
            f"the same work on {cores} threads at once, the most that this machine gives: "
            f"{statistics.median(crowds):.0f} images/s, {_ratios(machine)} of {cores} x one thread",
            f"store to the same work on {cores} threads: {_ratios(threads_alone)}",
            f"processor time of an image, store to the same work: {statistics.median(loads):.2f}",
            f"load average: {os.getloadavg()[0]:.1f}",
        ),
    )


def _ratios(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.2f}, the median of {', '.join(f'{value:.2f}' for value in values)}"


def _write_images(folder: Path) -> list[Path]:
    phantoms = generate_phantoms(patients_per_class=2, images_per_patient=2, image_size=SIDE, seed=3)
    files = []
    for number, phantom in enumerate(phantoms):
        for shift in range(_SHIFTS):
            # Moved sideways, an image has other blocks to encode and is as hard to decode.
            moved = np.roll(phantom.pixels, 11 * shift, axis=1)
            buffer = io.BytesIO()
            Image.fromarray(moved).save(buffer, "JPEG", quality=QUALITY)
            files.append(folder / f"{number:03d}-{shift:02d}.jpg")
            files[-1].write_bytes(buffer.getvalue())
    return files


def _rate(work: Callable[[], object], images: int) -> float:
    start = time.perf_counter()
    work()
    return images / (time.perf_counter() - start)


def _with_simplejpeg(encoded: bytes) -> NDArray[np.uint8]:
    return simplejpeg.decode_jpeg(encoded, "GRAY")[:, :, 0]


def _with_pillow(encoded: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(encoded)))


def _with_torchvision(encoded: bytes) -> NDArray[np.uint8]:
    with warnings.catch_warnings(action="ignore"):
        return decode_jpeg(torch.frombuffer(encoded, dtype=torch.uint8), ImageReadMode.GRAY)[0].numpy()


_MAINTAINED = ("simplejpeg", "Pillow")
DECODERS: dict[str, Decoder] = {
    "simplejpeg": _with_simplejpeg,
    "Pillow": _with_pillow,
    "torchvision (deprecated)": _with_torchvision,
}
"""All of the environment that decode a whole JPEG: each is libjpeg-turbo within, with the same pixels."""


def _peer(files: Sequence[Path], decoder: Decoder) -> NDArray[np.uint8]:
    kept = np.empty((len(files), SIZE, SIZE), dtype=np.uint8)
    for row, file in enumerate(files):
        pixels = decoder(file.read_bytes())
        kept[row] = np.asarray(Image.fromarray(pixels).resize((SIZE, SIZE), Image.Resampling.BILINEAR))
    return kept


def _peer_on_all_cores(files: Sequence[Path], cores: int, decoder: Decoder) -> None:
    with ThreadPoolExecutor(cores) as pool:
        list(pool.map(lambda part: _peer(part, decoder), [files[start :: 4 * cores] for start in range(4 * cores)]))


def _decode(files: Sequence[Path], decoder: Decoder) -> None:
    for file in files:
        decoder(file.read_bytes())
