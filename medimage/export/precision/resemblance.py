"""How much a graph's embeddings and heat maps are like those of single precision."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, Self

import numpy as np
from numpy.typing import NDArray

Subject = Literal["embeddings", "heat maps"]
"""What is compared: embeddings by the cosine of the angle between them, heat maps of one class by Pearson's
correlation."""

_MEASURES: Final[dict[Subject, str]] = {"embeddings": "cosine", "heat maps": "correlation"}


@dataclass(frozen=True, kw_only=True)
class Resemblance:
    """Likeness over some images; 1 is the same up to a factor.

    Attributes:
        subject: What is compared.
        images: Images compared.
        mean: Mean likeness.
        lowest: That of the image where the two are least alike.
        least: Mean likeness that is asked for.
    """

    subject: Subject
    images: int
    mean: float
    lowest: float
    least: float

    def __post_init__(self) -> None:
        if self.images < 1 or not -1 <= self.lowest <= self.mean <= 1:
            raise ValueError(f"Expected likenesses in [-1, 1] of at least one image but got {self}")

    @classmethod
    def of(cls, subject: Subject, likenesses: Sequence[float], *, least: float) -> Self:
        """Sums up the likenesses of some images, of which a mean is asked for."""
        values = np.clip(np.asarray(likenesses, dtype=np.float64), -1, 1)
        lowest = float(values.min())
        # A mean of equal numbers can round to less than they are.
        mean = max(lowest, float(values.mean()))
        return cls(subject=subject, images=len(values), mean=mean, lowest=lowest, least=least)

    @property
    def is_enough(self) -> bool:
        """Whether the mean is what is asked for."""
        return self.mean >= self.least

    @property
    def measure(self) -> str:
        """What likeness is measured by, in a word."""
        return _MEASURES[self.subject]

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return asdict(self)


def cosine(left: NDArray[np.float32], right: NDArray[np.float32]) -> float:
    """Returns the cosine of the angle between two vectors; 1 where both are zero, and 0 where one is.

    Args:
        left: Any shape.
        right: The same shape.
    """
    first, second = left.astype(np.float64).ravel(), right.astype(np.float64).ravel()
    lengths = float(np.linalg.norm(first)), float(np.linalg.norm(second))
    if min(lengths) == 0:
        return 1.0 if max(lengths) == 0 else 0.0
    return float(first @ second) / (lengths[0] * lengths[1])


def correlation(left: NDArray[np.float32], right: NDArray[np.float32]) -> float:
    """Returns Pearson's correlation of two maps; 1 where both are the same everywhere, and 0 where one is.

    Args:
        left: Any shape.
        right: The same shape.
    """
    return cosine(left - left.mean(dtype=np.float64), right - right.mean(dtype=np.float64))
