"""All images decoded and resized once: memory-mapped pixels with a histogram per image."""

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from medimage.config.data import ColorMode
from medimage.data.bounded_map import bounded_map
from medimage.data.image_table import ImageTable
from medimage.data.labelled_pixels import LabelledPixels
from medimage.data.pixel_rows import PixelRows
from medimage.data.shards import DirectoryShards, Shards
from medimage.data.split import Part, Split
from medimage.progress import track
from medimage.serving.preprocessing import PREPROCESSING_VERSION, decode_image, resize_image

PIXELS_FILE = "pixels.npy"
HISTOGRAMS_FILE = "histograms.npy"
RESIDENT_BYTES = 2**30
"""Parts up to this size are held in memory, where batches are gathered faster than from a file."""


@dataclass(frozen=True, kw_only=True)
class PixelStore:
    """A lazy handle on decoded images of one size.

    Attributes:
        shards: Where the arrays lie.
        image_ids: SHA-256 of each image's encoded bytes, in the order of the arrays.
        size: Height and width, in pixels.
        channels: 1 or 3.
        preprocessing: Version of the decoding and resizing.
        content_hash: SHA-256 over ids and pixels.
    """

    shards: Shards
    image_ids: tuple[str, ...]
    size: int
    channels: int
    preprocessing: str
    content_hash: str

    @cached_property
    def pixels(self) -> NDArray[np.uint8]:
        """Memory-mapped uint8, shape [images, size, size, channels]."""
        return np.load(self.shards.local_path(PIXELS_FILE), mmap_mode="r")

    @cached_property
    def histograms(self) -> NDArray[np.int64]:
        """Counts of the values 0 to 255, int64, shape [images, channels, 256]."""
        return np.load(self.shards.local_path(HISTOGRAMS_FILE), mmap_mode="r")

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {image_id: row for row, image_id in enumerate(self.image_ids)}

    def rows(self, image_ids: Sequence[str]) -> NDArray[np.int64]:
        """Returns the positions of images in the arrays."""
        return np.asarray([self._positions[image_id] for image_id in image_ids], dtype=np.int64)

    def part(self, split: Split, part: Part, *, resident_bytes: int = RESIDENT_BYTES) -> LabelledPixels:
        """Returns the images of one part of a split with their labels.

        Args:
            split: Which images are in which part.
            part: The part wanted.
            resident_bytes: Largest size that is read into memory at once; a larger part is read as it is indexed.
        """
        chosen = split.rows(part)
        image_ids = tuple(split.image_ids[row] for row in chosen)
        codes = {name: code for code, name in enumerate(split.classes)}
        pixels = PixelRows(self.pixels, self.rows(image_ids))
        return LabelledPixels(
            image_ids=image_ids,
            groups=tuple(split.groups[row] for row in chosen),
            pixels=pixels[:] if pixels.nbytes <= resident_bytes else pixels,
            labels=np.asarray([codes[split.labels[row]] for row in chosen], dtype=np.int64),
            classes=split.classes,
        )

    @classmethod
    def build(cls, table: ImageTable, *, image_ids: Sequence[str], size: int, color_mode: ColorMode) -> Self:
        """Decodes and resizes images into a temporary folder that lives as long as the store does.

        Args:
            table: Where the encoded images are.
            image_ids: The images wanted; each must be decodable.
            size: Height and width to resize to, in pixels.
            color_mode: One channel or three.
        """
        channels = 1 if color_mode == "gray" else 3
        shards = DirectoryShards.temporary()
        order = {image_id: row for row, image_id in enumerate(image_ids)}
        shape = (len(order), size, size, channels)
        pixels = open_memmap(shards.local_path(PIXELS_FILE), mode="w+", dtype=np.uint8, shape=shape)
        histograms = np.zeros((len(order), channels, 256), dtype=np.int64)

        def prepare(item: tuple[str, bytes]) -> tuple[str, NDArray[np.uint8]]:
            return item[0], resize_image(decode_image(item[1], color_mode=color_mode), size=size)

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            prepared = bounded_map(pool, prepare, table.encoded_images(image_ids))
            for image_id, image in track(prepared, description="Preparing pixels", total=len(order)):
                row = order[image_id]
                pixels[row] = image
                for channel in range(channels):
                    histograms[row, channel] = np.bincount(image[:, :, channel].ravel(), minlength=256)
        pixels.flush()
        np.save(shards.local_path(HISTOGRAMS_FILE), histograms)
        digest = hashlib.sha256(f"{PREPROCESSING_VERSION} {shape} {list(order)}".encode())
        for start in range(0, len(order), 256):
            digest.update(np.ascontiguousarray(pixels[start : start + 256]).data)
        return cls(
            shards=shards,
            image_ids=tuple(order),
            size=size,
            channels=channels,
            preprocessing=PREPROCESSING_VERSION,
            content_hash=digest.hexdigest(),
        )
