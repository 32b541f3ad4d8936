"""Agreement of an exported file with the trained network."""

from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True, kw_only=True)
class EmbeddingParity:
    """Agreement of embeddings.

    Attributes:
        images: Images compared.
        max_difference: Largest Euclidean distance between the two embeddings of any image, as a share of the mean
            length of an embedding.
        tolerance: Largest difference that is allowed.
    """

    images: int
    max_difference: float
    tolerance: float

    @property
    def proven(self) -> bool:
        """Whether every embedding is within the tolerance."""
        return self.images > 0 and self.max_difference <= self.tolerance


@dataclass(frozen=True, kw_only=True)
class MapParity:
    """Agreement of class-activation maps.

    Attributes:
        images: Images of which maps were compared.
        maps: Maps compared.
        max_difference: Largest difference at any pixel of any map, as a share of the strongest evidence for or against
            the class in the image: a map that is scaled to a peak of next to nothing shows rounding, and counts less.
        tolerance: Largest difference that is allowed.
    """

    images: int
    maps: int
    max_difference: float
    tolerance: float

    @property
    def proven(self) -> bool:
        """Whether every map is within the tolerance."""
        return self.maps > 0 and self.max_difference <= self.tolerance


@dataclass(frozen=True, kw_only=True)
class Parity:
    """Agreement of an exported file with the trained network.

    Attributes:
        images: Images compared.
        max_difference: Largest absolute difference of any probability of any image.
        tolerance: Largest difference that is allowed.
        identical_decisions: Images on which both name the same class.
        embedding: Agreement of the embeddings; None where the file gives none.
        maps: Agreement of the class-activation maps; None where the file gives none.
    """

    images: int
    max_difference: float
    tolerance: float
    identical_decisions: int
    embedding: EmbeddingParity | None = None
    maps: MapParity | None = None

    @property
    def proven(self) -> bool:
        """Whether everything is within its tolerance and every decision is the same."""
        answers = self.images > 0 and self.max_difference <= self.tolerance and self.identical_decisions == self.images
        return answers and all(part is None or part.proven for part in (self.embedding, self.maps))

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Builds the agreement from what `to_dict` gave, also before there were embeddings and maps."""
        embedding, maps = values.get("embedding"), values.get("maps")
        return cls(
            **{
                **values,
                "embedding": EmbeddingParity(**embedding) if embedding else None,
                "maps": MapParity(**maps) if maps else None,
            }
        )
