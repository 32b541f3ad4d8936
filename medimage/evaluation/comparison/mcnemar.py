"""McNemar's test: whether two models err equally often."""

import math

import numpy as np
import scipy
from numpy.typing import NDArray


def exact_mcnemar(only_first: int, only_second: int) -> float:
    """Returns the exact two-sided p value: under equal error rates, each discordant image is a fair coin.

    Source: McNemar (1947), Psychometrika 12:153-157; exact as in Agresti (2013), Categorical Data Analysis, 11.1.

    Args:
        only_first: Images that the first model alone recognises.
        only_second: Images that the second one alone recognises.
    """
    discordant = only_first + only_second
    return float(scipy.stats.binomtest(only_first, discordant, 0.5).pvalue) if discordant else 1.0


def mcnemar_of(gain: NDArray[np.int64], groups: NDArray[np.int64]) -> float:
    """Returns the exact p value on some images, NaN where groups repeat, because it takes images as independent.

    Args:
        gain: 1 where the first model alone recognises an image, -1 where the second one alone does, shape [images].
        groups: Group of each image as an integer, shape [images].
    """
    if len(np.unique(groups)) < len(groups):
        return math.nan
    return exact_mcnemar(int((gain > 0).sum()), int((gain < 0).sum()))
