"""Test images on which several models are explained beside each other."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def select_shared_cases(
    labels: NDArray[np.int64], probabilities: Sequence[NDArray[np.float64]], *, per_class: int
) -> NDArray[np.int64]:
    """Chooses images of every class: first those on which the models disagree, then those they get wrong, then others.

    Images on which they disagree come with the largest difference in the true class's probability first; the others
    by falling mean probability of the true class, so that ordinary images follow.

    Args:
        labels: int64, shape [images].
        probabilities: Of each model, shape [images, classes].
        per_class: Images per class at most.

    Returns:
        Rows, by class.
    """
    right = np.stack([each.argmax(axis=1) == labels for each in probabilities])
    of_truth = np.stack([each[np.arange(len(labels)), labels] for each in probabilities])
    disagree = right.any(axis=0) & ~right.all(axis=0)
    wrong = ~right.any(axis=0)
    spread, mean = of_truth.max(axis=0) - of_truth.min(axis=0), of_truth.mean(axis=0)
    kind = np.where(disagree, 0, np.where(wrong, 1, 2))
    order = np.lexsort((np.where(disagree, -spread, -mean), kind))
    chosen = [
        row for label in range(probabilities[0].shape[1]) for row in order[labels[order] == label][:per_class].tolist()
    ]
    return np.asarray(chosen, dtype=np.int64)
