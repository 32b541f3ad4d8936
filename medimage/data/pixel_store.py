"""All images decoded and resized once: memory-mapped pixels with a histogram per image."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from medimage.data.image_table import ImageTable
from medimage.data.labelled_pixels import LabelledPixels
from medimage.data.pixel_files import HISTOGRAMS_FILE, PIXELS_FILE
from medimage.data.pixel_rows import PixelRows
from medimage.data.pixel_store_build import CHECKPOINT_SECONDS, build_pixels
from medimage.data.shards import Shards
from medimage.data.split import Part, Split
from medimage.data.statistics import NormalizationStats, normalization_from_histograms
from medimage.serving.color_mode import ColorMode, channels_of
from medimage.serving.preprocessing import PREPROCESSING_VERSION

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
        content_hash: SHA-256 over ids, pixels and histograms; the same however the store was built.
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
        return self._read(PIXELS_FILE)

    @cached_property
    def histograms(self) -> NDArray[np.int64]:
        """Counts of the values 0 to 255, int64, shape [images, channels, 256]."""
        return self._read(HISTOGRAMS_FILE)

    def _read(self, name: str) -> NDArray[Any]:
        # A file without any value cannot be mapped.
        return np.load(self.shards.local_path(name), mmap_mode="r" if self.image_ids else None)

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {image_id: row for row, image_id in enumerate(self.image_ids)}

    def rows(self, image_ids: Sequence[str]) -> NDArray[np.int64]:
        """Returns the positions of images in the arrays."""
        return np.asarray([self._positions[image_id] for image_id in image_ids], dtype=np.int64)

    def normalization(self, image_ids: Sequence[str]) -> NormalizationStats:
        """Measures mean and standard deviation of images, exactly.

        Raises:
            ValueError: If there is no image, or all pixels of a channel are equal.
        """
        return normalization_from_histograms(self.histograms, input_size=self.size, rows=self.rows(image_ids))

    def sampled_histograms(self, split: Split, part: Part, *, most: int = 20_000) -> NDArray[np.int64]:
        """Returns histograms of one part of a split, of evenly spaced images, int64, shape [images, channels, 256].

        Args:
            split: Which images are in which part.
            part: The part wanted.
            most: Images at most: more would not change a mean, and take memory.
        """
        return self.histograms[self._sampled_rows(split, part, most)]

    def sampled_pixels(self, split: Split, part: Part, *, most: int) -> NDArray[np.uint8]:
        """Returns evenly spaced images of one part of a split, uint8, shape [images, size, size, channels].

        Args:
            split: Which images are in which part.
            part: The part wanted.
            most: Images at most.
        """
        return PixelRows(self.pixels, self._sampled_rows(split, part, most))[:]

    def _sampled_rows(self, split: Split, part: Part, most: int) -> NDArray[np.int64]:
        rows = self.rows([split.image_ids[row] for row in split.rows(part)])
        chosen = rows if len(rows) <= most else rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)]
        return np.sort(chosen)

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
    def build(
        cls,
        table: ImageTable,
        *,
        image_ids: Sequence[str],
        size: int,
        color_mode: ColorMode,
        threads: int | None = None,
        checkpoint_seconds: float = CHECKPOINT_SECONDS,
    ) -> Self:
        """Decodes and resizes images into a temporary folder that lives as long as the store does.

        Args:
            table: Where the encoded images are.
            image_ids: The images wanted, in the order of the store; each must be decodable. Repeated ones count once.
            size: Height and width to resize to, in pixels.
            color_mode: One channel or three.
            threads: As in `build_pixels`.
            checkpoint_seconds: As in `build_pixels`.

        Raises:
            KeyError: If an id is not in the table.
            ImageRefusedError: If an image cannot be decoded.
        """
        distinct = tuple(dict.fromkeys(image_ids))
        built = build_pixels(
            table,
            image_ids=distinct,
            size=size,
            color_mode=color_mode,
            threads=threads,
            checkpoint_seconds=checkpoint_seconds,
        )
        return cls(
            shards=built.shards,
            image_ids=distinct,
            size=size,
            channels=channels_of(color_mode),
            preprocessing=PREPROCESSING_VERSION,
            content_hash=built.content_hash,
        )
