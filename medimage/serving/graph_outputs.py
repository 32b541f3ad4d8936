"""What an exported graph gives beside probabilities and logits."""

import json
from dataclasses import asdict, dataclass
from typing import Self

EMBEDDING = "embedding"
"""Output: the pooled features that the head takes, float32 [batch, width]."""

ACTIVATION_MAP = "class_activation_map"
"""Output: what speaks for a class in the first image of the batch, float32 [maps, input_size, input_size].

There is one map, in [0, 1], where `class_index` asks for it, and none otherwise: then it costs nothing.
"""

CLASS_INDEX = "class_index"
"""Optional input, int64 [1]: whose map is given."""

NO_CLASS = -2
"""Default of `class_index`: no map is worked out."""

PREDICTED_CLASS = -1
"""Value of `class_index` for the most probable class of the first image."""


@dataclass(frozen=True, kw_only=True)
class ActivationMap:
    """How a graph's class-activation maps are made; they are enlarged to the size of the input.

    Attributes:
        cells: Rows, and columns, of the features that a map is enlarged from: it shows nothing smaller than one cell.
        layer: What is mapped, in words.
        networks: How many networks' maps are averaged; 1 where the graph is no ensemble.
    """

    cells: int
    layer: str
    networks: int = 1

    def __post_init__(self) -> None:
        if self.cells < 2 or self.networks < 1 or not self.layer:
            raise ValueError(f"Expected a map of at least 2 x 2 cells, of a named layer of a network, but got {self}")


@dataclass(frozen=True, kw_only=True)
class GraphOutputs:
    """What a graph gives beside probabilities and logits.

    Attributes:
        embedding_width: Width of the output `embedding`; of an ensemble, the embeddings of all networks side by side.
        activation_map: How the output `class_activation_map` is made; None where the graph has no such output.
        no_map_because: Why there is no such output; empty where there is one.
    """

    embedding_width: int
    activation_map: ActivationMap | None
    no_map_because: str = ""

    def __post_init__(self) -> None:
        if self.embedding_width < 1:
            raise ValueError(f"Expected an embedding at least 1 wide but got {self.embedding_width}")
        if (self.activation_map is None) != bool(self.no_map_because):
            raise ValueError(f"Expected either a class-activation map or a reason for none but got {self}")

    def to_json(self) -> str:
        """Returns the statement as JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Reads what `to_json` gave.

        Raises:
            ValueError: If it is no such statement.
        """
        try:
            values = json.loads(text)
            found = values["activation_map"]
            return cls(**{**values, "activation_map": None if found is None else ActivationMap(**found)})
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(
                f"Expected a statement of what the graph gives, as it was exported, but found another: {error}"
            ) from error
