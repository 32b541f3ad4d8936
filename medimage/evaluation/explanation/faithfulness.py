"""Deletion and insertion: does the prediction depend on what the heat map calls important?

Petsiuk, Das and Saenko (2018), RISE: Randomized Input Sampling for Explanation of Black-box Models, BMVC.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Predict = Callable[[NDArray[np.uint8]], NDArray[np.float64]]


def deletion_and_insertion(
    predict: Predict,
    *,
    pixels: NDArray[np.uint8],
    heat_map: NDArray[np.float32],
    class_index: int,
    fill: NDArray[np.uint8],
    steps: int,
) -> tuple[float, float]:
    """Takes pixels away in the order of their importance, and puts them back in the same order.

    Args:
        predict: uint8 [images, height, width, channels] to probabilities [images, classes].
        pixels: uint8, shape [height, width, channels].
        heat_map: float32, shape [height, width].
        class_index: The class whose probability is followed.
        fill: uint8, shape [channels]: what a pixel becomes when it is taken away.
        steps: Equal steps from the whole image to none of it.

    Returns:
        The areas under the probability for deletion and for insertion, each in [0, 1], by the trapezoidal rule.
    """
    height, width, channels = pixels.shape
    # A stable order, so that equal importance does not make the result depend on the sorting algorithm.
    order = np.argsort(-heat_map.ravel(), kind="stable")
    flat = pixels.reshape(-1, channels)
    taken = np.linspace(0, len(order), steps + 1).round().astype(int)
    deleted = np.repeat(flat[None], steps + 1, axis=0)
    inserted = np.repeat(np.broadcast_to(fill, flat.shape)[None], steps + 1, axis=0)
    for row, count in enumerate(taken):
        deleted[row, order[:count]] = fill
        inserted[row, order[:count]] = flat[order[:count]]
    both = np.concatenate([deleted, inserted]).reshape(-1, height, width, channels)
    probability = predict(both)[:, class_index]
    share = taken / len(order)
    return (
        float(np.trapezoid(probability[: steps + 1], share)),
        float(np.trapezoid(probability[steps + 1 :], share)),
    )


def random_map(*, size: int, cells: int, generator: np.random.Generator) -> NDArray[np.float32]:
    """Returns a random heat map that is as coarse as those it is compared with: `cells` x `cells` patches.

    A map of independent pixels would be an easy opponent: taking away scattered pixels hurts a network less or more
    than taking away a patch, whatever the patch shows.
    """
    coarse = generator.random((cells, cells), dtype=np.float32)
    # Not whole multiples of a patch cut off at the edge: of 24 cells on 100 pixels that would leave 20.
    cell_of_pixel = np.arange(size) * cells // size
    return coarse[np.ix_(cell_of_pixel, cell_of_pixel)]
