"""One synthetic chest radiograph and what is known about it."""

import io
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from medimage.data.box import Box

PHANTOM_CLASSES: Final = ("bacterial_pneumonia", "covid", "normal", "tuberculosis", "viral_pneumonia")
"""The classes of the lung problem. Their order keys the random generators: append, never reorder."""


@dataclass(frozen=True, kw_only=True)
class Phantom:
    """A synthetic chest radiograph.

    Attributes:
        name: Name, unique within one generated set.
        class_name: One of `PHANTOM_CLASSES`.
        patient: Identifier of the patient; images of one patient share anatomy and disease.
        scanner: Name of the machine that took the image.
        pixels: uint8, shape [height, width]; dense tissue is bright.
        lesion_boxes: Where the disease is; none for a normal chest.
    """

    name: str
    class_name: str
    patient: str
    scanner: str
    pixels: NDArray[np.uint8]
    lesion_boxes: tuple[Box, ...]

    def __post_init__(self) -> None:
        if self.pixels.dtype != np.uint8 or self.pixels.ndim != 2:
            raise ValueError(
                f"Expected pixels as uint8 [height, width] but got {self.pixels.dtype} {list(self.pixels.shape)}"
            )
        if self.class_name not in PHANTOM_CLASSES:
            raise ValueError(f"Expected class_name to be one of {PHANTOM_CLASSES} but got {self.class_name!r}")
        if (self.class_name == "normal") != (not self.lesion_boxes):
            raise ValueError(
                f"Expected boxes exactly where there is disease but {self.class_name} has {len(self.lesion_boxes)}"
            )
        height, width = self.pixels.shape
        if any(box.right > width or box.bottom > height for box in self.lesion_boxes):
            raise ValueError(f"Expected boxes inside {height} x {width} pixels but got {self.lesion_boxes}")


def encode_png(pixels: NDArray[np.uint8]) -> bytes:
    """Returns the image as the bytes of a PNG file without metadata.

    Args:
        pixels: uint8, shape [height, width].
    """
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG", compress_level=4)
    return buffer.getvalue()
