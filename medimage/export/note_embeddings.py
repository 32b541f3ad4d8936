"""Notes in a graph how it sees the images that it was trained on."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import onnx
from numpy.typing import NDArray

from medimage.data.pixel_store import PixelStore
from medimage.data.split import Split
from medimage.export.fit_embedding_reference import fit_embedding_reference
from medimage.serving.classifier import ImageClassifier
from medimage.serving.cores import available_cores

_BATCH_SIZE = 16

_MOST_IMAGES = 500
"""Images of each kind that are enough: a limit that 1 % exceed is the fifth largest of 500."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ReferenceImages:
    """What later images are compared with.

    Attributes:
        training: Training images as the network takes them, uint8, shape [images, height, width, channels].
        held_out: The same of images that it was not trained on.
    """

    training: NDArray[np.uint8]
    held_out: NDArray[np.uint8]

    @classmethod
    def sampled(cls, pixels: PixelStore, split: Split) -> Self:
        """Takes some training images, and as many of those that validate.

        Args:
            pixels: All images.
            split: Which of them are which.
        """
        return cls(
            training=pixels.sampled_pixels(split, "train", most=_MOST_IMAGES),
            held_out=pixels.sampled_pixels(split, "validation", most=_MOST_IMAGES),
        )


def note_embeddings(graph: bytes, images: ReferenceImages) -> bytes:
    """Returns the graph with a reference for its embeddings in the metadata, and otherwise the same.

    The embeddings are those that the graph itself gives, because the service compares with those.

    Args:
        graph: A serialised graph that gives embeddings.
        images: What to compare with.

    Raises:
        FloatingPointError: If the network gives a number that is none.
        NotInGraphError: If the graph gives no embedding.
    """
    classifier = ImageClassifier(graph, threads=available_cores())
    training, held_out = (
        np.concatenate(
            [
                np.empty((0, _width(classifier)), np.float32),
                *(
                    classifier.embeddings(pixels[start : start + _BATCH_SIZE])
                    for start in range(0, len(pixels), _BATCH_SIZE)
                ),
            ]
        )
        for pixels in (images.training, images.held_out)
    )
    metadata = replace(classifier.metadata, embeddings=fit_embedding_reference(training, held_out))
    model = onnx.load_from_string(graph)
    onnx.helper.set_model_props(model, metadata.to_properties())
    return model.SerializeToString(deterministic=True)


def _width(classifier: ImageClassifier) -> int:
    outputs = classifier.metadata.outputs
    return outputs.embedding_width if outputs else 0
