"""Embeddings as a few coordinates, along directions that are fixed by the model's training."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from medimage.monitoring.columns import COORDINATES
from medimage.serving.quality.embedding_reference import EmbeddingReference, of_length_one


@dataclass(frozen=True, kw_only=True, eq=False)
class EmbeddingProjection:
    """The leading principal components of the training images' embeddings (Hotelling 1933, J Educ Psychol 24:417).

    Embeddings are brought to length 1 before, as for their distance: the length tells more of an image's contrast than
    of what is in it.

    Attributes:
        mean: float32, shape [width].
        directions: float32, shape [coordinates, width]: orthogonal, of length 1.
    """

    mean: NDArray[np.float32]
    directions: NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.mean.ndim != 1 or self.directions.ndim != 2 or self.directions.shape[1] != len(self.mean):
            raise ValueError(
                f"Expected directions of the width of the mean but got {self.directions.shape} and {self.mean.shape}"
            )
        if not np.isfinite(self.mean).all() or not np.isfinite(self.directions).all():
            raise ValueError("Expected finite numbers in the projection of embeddings but got others")

    @classmethod
    def of_training(cls, embeddings: EmbeddingReference) -> Self | None:
        """Takes the leading directions in which the training images' embeddings differ.

        Not those of the images that windows are compared with: they would lie further apart along their own directions
        than any others do, which a test takes for drift.

        Args:
            embeddings: What the model takes with it.

        Returns:
            None where too few images were trained on to tell any direction.
        """
        if not len(embeddings.directions):
            return None
        return cls(mean=embeddings.mean, directions=embeddings.directions[:COORDINATES])

    @property
    def width(self) -> int:
        """Numbers in an embedding."""
        return len(self.mean)

    def coordinates(self, embeddings: NDArray[np.float32]) -> NDArray[np.float64]:
        """Returns the coordinates, float64, shape [images, coordinates].

        Args:
            embeddings: float32, shape [images, width].
        """
        return (of_length_one(embeddings) - self.mean) @ self.directions.astype(np.float64).T
