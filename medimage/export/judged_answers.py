"""Images with the answers that an exported file must give on them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medimage.data.pixel_rows import Pixels
from medimage.errors import ExportError
from medimage.evaluation.decision.calibration import calibrated_probabilities


@dataclass(frozen=True, kw_only=True, eq=False)
class JudgedAnswers:
    """What the trained network said of some images when it was judged.

    Attributes:
        pixels: uint8, shape [images, height, width, channels], with at least one image.
        logits: float32, shape [images, classes]: the answers on them, in the same order.
        temperature: Divides the logits before the softmax.
    """

    pixels: Pixels
    logits: NDArray[np.float32]
    temperature: float

    def __post_init__(self) -> None:
        if len(self.pixels) == 0:
            raise ExportError("An exported file cannot be compared with the trained network: there is no test image.")
        if len(self.logits) != len(self.pixels):
            raise ValueError(f"Expected one answer for each of {len(self.pixels)} images but got {len(self.logits)}")

    def probabilities(self) -> NDArray[np.float64]:
        """Returns the calibrated probabilities that were judged, shape [images, classes]."""
        return calibrated_probabilities(self.logits, self.temperature)
