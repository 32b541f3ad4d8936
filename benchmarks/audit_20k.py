"""20,000 images, two cores: audit within 60 s beyond decoding and 2 GB; no planted duplicate is missed."""

import io
import multiprocessing
import os
import resource
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.special import expit

from benchmarks.support.measurement import Measurement
from medimage.config.audit import AuditConfig
from medimage.data.audit.audit_images import audit_images
from medimage.data.bounded_map import bounded_map
from medimage.data.image_record import ImageRecord
from medimage.data.image_table import ImageTable
from medimage.serving.preprocessing import decode_image

_IMAGES = 20_000
_SIDE = 256
_CLASSES = ("ill", "well")
_MAXIMUM_GIGABYTES = 2.0
_KINDS = ("equal file", "JPEG again", "brighter", "mirrored", "smaller")
_COPIES_OF_A_KIND = 400
"""2,000 of the 20,000 images are copies of others."""


@dataclass(frozen=True, kw_only=True)
class _Audited:
    decoding_seconds: float
    audit_seconds: float
    audit_processor_seconds: float
    gigabytes: float
    missed: dict[str, int]
    invented: int


def measure() -> Measurement:
    """Audits procedural images with planted copies in a process of its own, whose memory is measured."""
    with tempfile.TemporaryDirectory(prefix="medimage-benchmark-") as home:
        os.environ["MEDIMAGE_HOME"] = home
        # A process of its own, because the largest memory of this one may be of another benchmark.
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            found = pool.apply(_audit)
            pool.close()
            pool.join()
    complete = not any(found.missed.values()) and found.invented == 0 and found.gigabytes <= _MAXIMUM_GIGABYTES
    beyond = found.audit_seconds - found.decoding_seconds
    return Measurement(
        name="audit of 20,000 images beyond decoding",
        measured=beyond if complete else float("inf"),
        target=60,
        unit="s",
        direction="at_most",
        details=(
            f"decoding alone {found.decoding_seconds:.1f} s, audit {found.audit_seconds:.1f} s "
            f"({found.audit_processor_seconds:.1f} s of processor time), beyond decoding {beyond:.1f} s",
            f"largest memory {found.gigabytes:.2f} GB, at most {_MAXIMUM_GIGABYTES:g}",
            *(f"{kind}: {_COPIES_OF_A_KIND - found.missed[kind]} of {_COPIES_OF_A_KIND} found" for kind in _KINDS),
            f"images grouped with one that they are no copy of: {found.invented}",
        ),
    )


def _decode(item: tuple[str, bytes]) -> None:
    decode_image(item[1], color_mode="gray")


def _audit() -> _Audited:
    table = ImageTable.write(_records(), classes=_CLASSES, files_found=_IMAGES)
    start = time.perf_counter()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for _ in bounded_map(pool, _decode, table.encoded_images(), ahead=64, size=lambda item: len(item[1])):
            pass
    decoding = time.perf_counter() - start
    start, processor = time.perf_counter(), time.process_time()
    audit = audit_images(table, AuditConfig(), color_mode="gray")
    seconds, processor = time.perf_counter() - start, time.process_time() - processor
    group = audit.images.set_index("name")["group"]
    missed = {
        kind: sum(group[_copy_name(kind, number)] != group[_name(original)] for original, number in _plan(kind))
        for kind in _KINDS
    }
    originals = group[[_name(number) for number in range(_originals())]]
    return _Audited(
        decoding_seconds=decoding,
        audit_seconds=seconds,
        audit_processor_seconds=processor,
        gigabytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9,
        missed=missed,
        invented=len(originals) - int(originals.nunique()),
    )


def _originals() -> int:
    return _IMAGES - len(_KINDS) * _COPIES_OF_A_KIND


def _plan(kind: str) -> list[tuple[int, int]]:
    """Returns which original each copy of a kind is made of, spread over all of them."""
    first = _KINDS.index(kind) * _COPIES_OF_A_KIND
    return [((first + number) * 7, number) for number in range(_COPIES_OF_A_KIND)]


def _name(number: int) -> str:
    return f"{_CLASSES[number % 2]}/{number:05d}.jpg"


def _copy_name(kind: str, number: int) -> str:
    return f"copies/{kind}/{number:05d}.jpg"


def _records() -> Iterator[ImageRecord]:
    for number in range(_originals()):
        yield ImageRecord(name=_name(number), encoded=_jpeg(_image(number), 90), label=_CLASSES[number % 2])
    for kind in _KINDS:
        for original, number in _plan(kind):
            yield ImageRecord(
                name=_copy_name(kind, number), encoded=_copied(original, kind), label=_CLASSES[original % 2]
            )


def _copied(original: int, kind: str) -> bytes:
    image = _image(original)
    if kind == "equal file":
        return _jpeg(image, 90)
    changed = {
        "JPEG again": lambda: image,
        "brighter": lambda: image.point([min(255, value + 15) for value in range(256)]),
        "mirrored": lambda: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        "smaller": lambda: image.resize((_SIDE * 2 // 3, _SIDE * 2 // 3), Image.Resampling.BILINEAR),
    }
    return _jpeg(changed[kind](), 60)


def _image(number: int) -> Image.Image:
    """Draws a body on a dark background that all images share, with structures of its own inside."""
    inside = np.random.default_rng(number).integers(0, 256, (14, 14), dtype=np.uint8)
    structures = np.asarray(Image.fromarray(inside).resize((_SIDE, _SIDE), Image.Resampling.BICUBIC), dtype=np.float32)
    return Image.fromarray((_BODY * (60 + 0.6 * structures)).clip(3, 235).astype(np.uint8))


def _body() -> NDArray[np.float32]:
    rows, columns = np.mgrid[-1 : 1 : _SIDE * 1j, -1 : 1 : _SIDE * 1j]
    body = expit(40 * (1 - rows**2 / 0.8 - columns**2 / 0.7))
    for side in (-0.4, 0.4):
        body -= 0.5 * expit(30 * (1 - rows**2 / 0.4 - (columns - side) ** 2 / 0.07))
    return body.astype(np.float32)


_BODY = _body()


def _jpeg(image: Image.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()
