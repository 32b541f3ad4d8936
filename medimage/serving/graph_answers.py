"""What an exported model says of one image."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medimage.serving.graph_outputs import ActivationMap


class NotInGraphError(ValueError):
    """A graph does not give what is asked of it. The message is one sentence for whoever asked."""


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """The answer on one image.

    Attributes:
        label: The most probable class.
        confidence: Its probability.
        probabilities: Probability of each class, in the order of the model's outputs; they add up to 1.
    """

    label: str
    confidence: float
    probabilities: dict[str, float]


@dataclass(frozen=True, kw_only=True, eq=False)
class Answer:
    """The answer on one image, with what a prediction log keeps to tell later whether the images have changed.

    Attributes:
        prediction: The answer.
        embedding: float32, shape [width]: the pooled features that the head takes.
    """

    prediction: Prediction
    embedding: NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, eq=False)
class HeatMap:
    """What speaks for a class in one image.

    Attributes:
        label: The class.
        values: float32, shape [input_size, input_size], in [0, 1]: over the whole image, as it was resized for the
            network; all zeros where nothing speaks for the class.
        prediction: The answer on the image, from the same pass.
        made: How the map was made.
    """

    label: str
    values: NDArray[np.float32]
    prediction: Prediction
    made: ActivationMap
