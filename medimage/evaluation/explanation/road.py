"""ROAD: does the prediction fall as important pixels are replaced by what their neighbours suggest?

Rong, Leemann, Borisov, Kasneci and Kasneci (2022), A Consistent and Efficient Evaluation Strategy for Attribution
Methods, ICML. Pixels that are taken away leave a hole, whose shape alone can tell a network the class; a hole that is
filled in from its rim tells much less.
"""

import numpy as np
from numpy.typing import NDArray

from medimage.evaluation.explanation.faithfulness import Predict
from medimage.evaluation.explanation.imputation import impute

SHARES = (0.1, 0.3, 0.5)
"""Shares of the image that are replaced, the most important pixels first. The paper goes on to 0.9; what is left then
says little about a finding that covers a few per cent of the image, and these equations take the longest to solve."""

_NOISE = 0.01 * 255
"""Standard deviation of what is added to imputed pixels, so that their smoothness does not mark them: 1 % of the range,
as in the authors' own code."""


def road(
    predict: Predict,
    *,
    pixels: NDArray[np.uint8],
    order: NDArray[np.int64],
    class_index: int,
    generator: np.random.Generator,
) -> float:
    """Returns the mean probability of a class over images of which more and more important pixels are imputed.

    Args:
        predict: The model.
        pixels: uint8, shape [height, width, channels].
        order: Places of all pixels, row by row from 0, the most important one first; shape [height * width].
        class_index: The class whose probability is followed.
        generator: Of the noise.

    Returns:
        In [0, 1]; low is faithful.
    """
    pictures = [_replaced(pixels, order[: round(share * len(order))], generator) for share in SHARES]
    return float(predict(np.stack(pictures))[:, class_index].mean())


def _replaced(
    pixels: NDArray[np.uint8], places: NDArray[np.int64], generator: np.random.Generator
) -> NDArray[np.uint8]:
    missing = np.zeros(pixels.shape[0] * pixels.shape[1], dtype=bool)
    missing[places] = True
    missing = missing.reshape(pixels.shape[:2])
    imputed = impute(pixels, missing)
    imputed[missing] += generator.normal(scale=_NOISE, size=imputed[missing].shape)
    return imputed.round().clip(0, 255).astype(np.uint8)
