"""Deletion and insertion: does the prediction depend on what the heat map calls important?

Petsiuk, Das and Saenko (2018), RISE: Randomized Input Sampling for Explanation of Black-box Models, BMVC.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Predict = Callable[[NDArray[np.uint8]], NDArray[np.float64]]
"""From uint8 [images, height, width, channels] to probabilities [images, classes]."""


def deletion_and_insertion(
    predict: Predict,
    *,
    pixels: NDArray[np.uint8],
    order: NDArray[np.int64],
    class_index: int,
    fill: NDArray[np.uint8],
    steps: int,
) -> tuple[float, float]:
    """Takes pixels away in the order of their importance, and puts them back in the same order.

    Args:
        predict: The model.
        pixels: uint8, shape [height, width, channels].
        order: Places of all pixels, row by row from 0, the most important one first; shape [height * width].
        class_index: The class whose probability is followed.
        fill: uint8, shape [channels]: what a pixel becomes when it is taken away.
        steps: Equal steps from the whole image to none of it.

    Returns:
        The areas under the probability for deletion and for insertion, each in [0, 1], by the trapezoidal rule.
    """
    height, width, channels = pixels.shape
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


def order_of_importance(
    heat_map: NDArray[np.floating], *, where_equal: NDArray[np.floating] | None = None
) -> NDArray[np.int64]:
    """Returns the places of all pixels, row by row from 0, the most important one first.

    Args:
        heat_map: Shape [height, width].
        where_equal: Decides between pixels of equal importance, of which maps that are 0 over half of the image have
            many. With a random map here, a map that says nothing is exactly as good as that one; from top to bottom
            when not given.
    """
    keys = [-heat_map.ravel()] if where_equal is None else [-where_equal.ravel(), -heat_map.ravel()]
    # What decides first stands last. The sort is stable, so what is equal throughout keeps its place.
    return np.lexsort(keys).astype(np.int64)


def random_map(*, size: int, cells: int, generator: np.random.Generator) -> NDArray[np.float32]:
    """Returns a random heat map that is as coarse as those it is compared with: `cells` x `cells` patches.

    A map of independent pixels would be an easy opponent: taking away scattered pixels hurts a network less or more
    than taking away a patch, whatever the patch shows.
    """
    coarse = generator.random((cells, cells), dtype=np.float32)
    # Not whole multiples of a patch cut off at the edge: of 24 cells on 100 pixels that would leave 20.
    cell_of_pixel = np.arange(size) * cells // size
    return coarse[np.ix_(cell_of_pixel, cell_of_pixel)]
