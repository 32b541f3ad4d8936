"""What a network makes of the images that it was trained on, as the model takes it with it."""

import base64
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

_FLOATS = np.dtype("<f4")


@dataclass(frozen=True, kw_only=True, eq=False)
class EmbeddingReference:
    """The distribution of the training images' embeddings, and how far held-out images were from it.

    Embeddings are brought to length 1 before they are compared: their length tells more of an image's contrast than of
    what is in it (Sun, Ming, Zhu and Li 2022, ICML, on detecting what is out of distribution). The distribution is a
    normal one whose covariance is that of probabilistic principal components (Tipping and Bishop 1999, J R Stat Soc B
    61:611): some directions with a variance of their own, and one variance for all others. It has an inverse also where
    there are fewer images than features, which a plain covariance has not.

    Attributes:
        mean: float32, shape [width]; of embeddings of length 1.
        directions: float32, shape [components, width]: orthogonal, of length 1.
        variances: float32, shape [components]: variance along each, not below the remaining one.
        remaining_variance: Variance along any other direction, above 0.
        largest_distance: Distance that images like the training ones rarely exceed.
        rarely: Share of such images that exceed it, in (0, 1).
        held_out: Images that were held out of the training and that the limit rests on.
    """

    mean: NDArray[np.float32]
    directions: NDArray[np.float32]
    variances: NDArray[np.float32]
    remaining_variance: float
    largest_distance: float
    rarely: float
    held_out: int

    def __post_init__(self) -> None:
        components, width = len(self.variances), len(self.mean)
        if width < 1 or self.directions.shape != (components, width) or components > width:
            raise ValueError(
                f"Expected directions of shape [{components}, {width}], fewer than features, but got "
                f"{list(self.directions.shape)}"
            )
        numbers = (self.mean, self.directions, self.variances)
        if not all(np.isfinite(values).all() for values in numbers) or not 0 < self.remaining_variance < np.inf:
            raise ValueError("Expected finite embeddings that vary but got others")
        if components and self.variances.min() < np.float32(self.remaining_variance):
            raise ValueError(f"Expected every variance to be at least the remaining one, {self.remaining_variance}")
        if not 0 <= self.largest_distance < np.inf or not 0 < self.rarely < 1 or self.held_out < 1:
            raise ValueError(
                f"Expected a limit that images can have but got {self.largest_distance}, {self.rarely}, {self.held_out}"
            )

    @property
    def width(self) -> int:
        """Numbers in an embedding."""
        return len(self.mean)

    def distance(self, embedding: NDArray[np.float32]) -> float:
        """Returns how far an embedding is from those of the training images, in standard deviations.

        It is the Mahalanobis distance divided by the square root of the width, so that it is about 1 for the training
        images whatever the network.

        Args:
            embedding: float32, shape [width]; of any length.

        Raises:
            ValueError: If the embedding has another width.
        """
        if embedding.shape != (self.width,):
            raise ValueError(f"Expected an embedding of {self.width} numbers but got {list(embedding.shape)}")
        centered = of_length_one(embedding) - self.mean
        # No matrix product: it would wake threads of a library, which then wait for more and take a core.
        along = np.einsum("ij,j->i", self._directions, centered)
        rest = max(0.0, float(centered @ centered - along @ along))
        squared = float(along**2 @ (1 / self.variances.astype(np.float64))) + rest / self.remaining_variance
        return float(np.sqrt(squared / self.width))

    @cached_property
    def _directions(self) -> NDArray[np.float64]:
        return self.directions.astype(np.float64)

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values; the arrays as base64 of little-endian float32."""
        arrays = {name: getattr(self, name) for name in ("mean", "directions", "variances")}
        encoded = {name: base64.b64encode(array.astype(_FLOATS).tobytes()).decode() for name, array in arrays.items()}
        return {**asdict(self), **encoded}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Builds the reference from what `to_dict` gave, also after a trip through JSON."""

        def array(name: str) -> NDArray[np.float32]:
            # A copy, because what lies in the bytes is of a fixed byte order and misaligned.
            return np.frombuffer(base64.b64decode(values[name], validate=True), dtype=_FLOATS).astype(np.float32)

        mean, variances = array("mean"), array("variances")
        directions = array("directions").reshape(len(variances), len(mean))
        return cls(**{**values, "mean": mean, "variances": variances, "directions": directions})


def of_length_one(embeddings: NDArray[np.float32]) -> NDArray[np.float64]:
    """Returns embeddings brought to length 1, float64; those of length 0 as they are.

    Args:
        embeddings: float32, shape [..., width].
    """
    values = embeddings.astype(np.float64)
    lengths = np.linalg.norm(values, axis=-1, keepdims=True)
    return np.divide(values, lengths, out=values, where=lengths > 0)
