"""Whether a graph takes and gives what its metadata says."""

from typing import Any

from medimage.serving.graph_outputs import ACTIVATION_MAP, EMBEDDING
from medimage.serving.model_metadata import INPUT_NAME, LOGITS, PROBABILITIES, ModelMetadata


def check_contract(session: Any, metadata: ModelMetadata) -> None:
    """Makes sure that an open graph is the one that its metadata describes, by the shapes that it states.

    Otherwise it would be opened, and fail on every image, or give the probability of one class the name of another's.

    Args:
        session: The open graph.
        metadata: What it says of itself.

    Raises:
        ValueError: If they contradict each other.
    """
    size, classes = metadata.input_size, len(metadata.classes)
    described = {
        INPUT_NAME: ["tensor(uint8)", size, size, metadata.channels],
        PROBABILITIES: ["tensor(float)", classes],
        LOGITS: ["tensor(float)", classes],
    }
    if metadata.outputs:
        described[EMBEDDING] = ["tensor(float)", metadata.outputs.embedding_width]
        if metadata.outputs.activation_map:
            described[ACTIVATION_MAP] = ["tensor(float)", size, size]
    # The first dimension is free: images of a batch, or maps that are asked for.
    stated = {each.name: [each.type, *each.shape[1:]] for each in (*session.get_inputs(), *session.get_outputs())}
    for name, expected in described.items():
        found = stated.get(name)
        if found != expected:
            raise ValueError(
                f"Expected a graph as its metadata describes it, with {name!r} of {_words(expected)}, but "
                f"{'it has none' if found is None else f'it is of {_words(found)}'}: one of them was changed after the "
                "export; export the model again"
            )


def _words(shape: list[Any]) -> str:
    kind, *sizes = shape
    return f"{kind} [*, {', '.join(map(str, sizes))}]"
