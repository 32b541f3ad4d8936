"""Answers that a graph gave where it was judged, on images that anybody can make again, to be given again here."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

TOLERANCE: Final = 0.05
"""Largest difference of a logit, as a share of the spread of the noted ones, that counts as the same answer."""

_CELLS: Final = (1, 4, 16, 64)
"""Sizes in pixels of the squares of one gray that the images are made of: no layer sees but a mean gray in all."""


_WHAT_TO_DO: Final = (
    "This processor, or this onnxruntime, works the graph out in another way, and nothing is served that was not "
    "judged: serve the model in single precision, or train again on such a machine."
)


class OtherAnswersError(ValueError):
    """A graph does not give the answers here that it gave where it was judged. The message says what to do."""


@dataclass(frozen=True, kw_only=True)
class SelfTest:
    """What a graph must say of the images of `self_test_images`.

    Attributes:
        logits: Logits of each image.
    """

    logits: tuple[tuple[float, ...], ...]

    def __post_init__(self) -> None:
        values = np.asarray(self.logits, dtype=np.float64)
        if values.ndim != 2 or len(values) != len(_CELLS) or not np.isfinite(values).all():
            raise ValueError(f"Expected finite logits of {len(_CELLS)} images but got {self.logits}")

    @classmethod
    def of(cls, answers: Callable[[NDArray[np.uint8]], NDArray[np.float32]], *, size: int, channels: int) -> Self:
        """Notes what a graph says, of one image at a time.

        Args:
            answers: The graph: uint8 [1, size, size, channels] → logits [1, classes].
            size: Height and width of the images, in pixels.
            channels: 1 or 3.
        """
        images = self_test_images(size=size, channels=channels)
        found = [answers(image[np.newaxis])[0].tolist() for image in images]
        return cls(logits=tuple(map(tuple, found)))

    def prove(self, answers: Callable[[NDArray[np.uint8]], NDArray[np.float32]], *, size: int, channels: int) -> None:
        """Compares with what the graph says here; the arguments are those of `of`.

        Raises:
            OtherAnswersError: If it is something else.
        """
        noted = np.asarray(self.logits)
        largest = TOLERANCE * float(np.ptp(noted))
        try:
            found = np.asarray(type(self).of(answers, size=size, channels=channels).logits)
        except FloatingPointError as error:
            raise OtherAnswersError(f"{self._expected(largest)} but it gave none: {error}. {_WHAT_TO_DO}") from error
        difference = float(np.abs(noted - found).max()) if found.shape == noted.shape else float("inf")
        if difference > largest:
            raise OtherAnswersError(f"{self._expected(largest)} but they differ by {difference:.3g}. {_WHAT_TO_DO}")

    def _expected(self, largest: float) -> str:
        return (
            f"Expected the logits that the graph gave where it was judged, within {largest:.3g} on "
            f"{len(self.logits)} images made for this test,"
        )

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Builds it from what `to_dict` gave."""
        return cls(logits=tuple(map(tuple, values["logits"])))


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
