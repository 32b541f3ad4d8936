"""The surest answers of a model."""

import math

import numpy as np
from numpy.typing import NDArray


def threshold_of_share(sureness: NDArray[np.float64], share: float) -> float:
    """Returns the confidence that a share of the answers has at least: more of them where several are equally sure.

    Args:
        sureness: Probability of the predicted class of each image, shape [images], with at least one image.
        share: In (0, 1].
    """
    count = math.ceil(share * len(sureness) - 1e-9)
    return float(np.sort(sureness)[len(sureness) - max(1, count)])
