"""What a graph said, where it was judged, of images that anybody can make again."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

LEAST_ALLOWED: Final = 0.01
"""Distance that is allowed at least: rounding differs from processor to processor."""

MOST_ALLOWED: Final = 0.5
"""Distance that is never exceeded: beyond it, nearly everything would count as the same answer."""

_ROUNDINGS: Final = 2
"""How many times the distance that rounding alone makes is allowed."""

_CELLS: Final = (1, 4, 16, 64)
"""Sizes in pixels of the squares of one gray that the images are made of: no layer sees but a mean gray in all."""

Rows = tuple[tuple[float, ...], ...]
Outputs = NDArray[np.floating[Any]]


@dataclass(frozen=True, kw_only=True)
class SelfTest:
    """What a graph must say of the images of `self_test_images`.

    Attributes:
        outputs: Name of an output → what it gave for each image.
        allowed: Name of an output → largest distance that counts as rounding, as a share of its length.
    """

    outputs: Mapping[str, Rows]
    allowed: Mapping[str, float]

    def __post_init__(self) -> None:
        for name, rows in self.outputs.items():
            values = np.asarray(rows, dtype=np.float64)
            if values.ndim != 2 or len(values) != len(_CELLS) or not np.isfinite(values).all():
                raise ValueError(f"Expected finite numbers of each of {len(_CELLS)} images in {name} but got {rows}")
        possible = all(LEAST_ALLOWED <= each <= MOST_ALLOWED for each in self.allowed.values())
        if not self.outputs or set(self.outputs) != set(self.allowed) or not possible:
            raise ValueError(
                f"Expected outputs, and what is allowed of each in [{LEAST_ALLOWED}, {MOST_ALLOWED}], but got "
                f"{sorted(self.outputs)} and {self.allowed}"
            )

    @classmethod
    def of(cls, outputs: Mapping[str, Outputs], *, rounded_otherwise: Mapping[str, Outputs]) -> Self:
        """Notes outputs, to five digits.

        Args:
            outputs: Name → float32, shape [images, width].
            rounded_otherwise: What the same graph gives where only its roundings differ, as between two processors.
        """
        return cls(
            outputs={
                name: tuple(tuple(float(f"{value:.5g}") for value in row) for row in values.tolist())
                for name, values in outputs.items()
            },
            allowed={name: _allowed(values, rounded_otherwise[name]) for name, values in outputs.items()},
        )

    def distances(self, outputs: Mapping[str, Outputs]) -> dict[str, float]:
        """Returns how far each output is from the noted one: of the image that is farthest, as a share of its length.

        Args:
            outputs: What the graph gives here; another shape, or no finite number, is infinitely far.
        """
        return {name: _distance(np.asarray(rows), outputs[name]) for name, rows in self.outputs.items()}

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Builds it from what `to_dict` gave."""
        rows = {name: tuple(map(tuple, each)) for name, each in values["outputs"].items()}
        return cls(outputs=rows, allowed=dict(values["allowed"]))


def self_test_images(*, size: int, channels: int) -> NDArray[np.uint8]:
    """Returns images of random squares, the same ones on every machine.

    Args:
        size: Height and width, in pixels.
        channels: 1 or 3.

    Returns:
        uint8, shape [images, size, size, channels].
    """
    # Of all generators of numpy, this one's numbers alone are the same in every version.
    random = np.random.RandomState(0)
    images = []
    for cell in _CELLS:
        count = -(-size // cell)
        squares = random.randint(0, 256, size=(count, count, channels)).astype(np.uint8)
        images.append(squares.repeat(cell, axis=0).repeat(cell, axis=1)[:size, :size])
    return np.stack(images)


def _allowed(noted: Outputs, rounded_otherwise: Outputs) -> float:
    return min(MOST_ALLOWED, max(LEAST_ALLOWED, float(f"{_ROUNDINGS * _distance(noted, rounded_otherwise):.3g}")))


def _distance(noted: Outputs, here: Outputs) -> float:
    if noted.shape != here.shape or not np.isfinite(here).all():
        return float("inf")
    apart = np.linalg.norm(noted.astype(np.float64) - here, axis=1)
    return float((apart / np.maximum(np.linalg.norm(noted, axis=1), np.finfo(np.float32).tiny)).max())
