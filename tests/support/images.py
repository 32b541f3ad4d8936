"""Images made on the spot."""

import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image


def encode(pixels: np.ndarray, image_format: str = "PNG", **options: Any) -> bytes:
    """Returns an image file of pixels; `options` are Pillow's for the format."""
    return encode_image(Image.fromarray(pixels), image_format, **options)


def encode_image(image: Image.Image, image_format: str = "PNG", **options: Any) -> bytes:
    """Returns an image file of an image in any of Pillow's modes."""
    buffer = io.BytesIO()
    image.save(buffer, image_format, **options)
    return buffer.getvalue()


def textured(seed: int, *, size: int = 48) -> np.ndarray:
    """Returns a gray image that no other seed's image resembles."""
    coarse = np.random.default_rng(seed).integers(20, 235, (8, 8), dtype=np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((size, size), Image.Resampling.BICUBIC))


def make_class_folders(root: Path, *, classes: tuple[str, ...] = ("ill", "well"), images: int = 12) -> Path:
    """Makes a folder of class folders with distinct images, and returns it."""
    for index, name in enumerate(classes):
        (root / name).mkdir(parents=True)
        for number in range(images):
            (root / name / f"{number:03d}.png").write_bytes(encode(textured(1000 * index + number)))
    return root


def smooth(height: int, width: int) -> np.ndarray:
    """Returns colour waves, uint8 of shape [height, width, 3]: an image that resizing and JPEG hardly change."""
    rows, columns = np.mgrid[0:height, 0:width]
    waves = [128 + 100 * np.sin(rows / 9 + shift) * np.cos(columns / 7) for shift in (0, 1, 2)]
    return np.stack(waves, axis=2).astype(np.uint8)
