"""What the origin of an image says about its class, without looking at the image."""

import numpy as np
from numpy.typing import NDArray

from medimage.evaluation.shortcuts.across_folds import answer_across_folds, grouped_folds, reason_not_to_divide
from medimage.evaluation.shortcuts.recognition import Recognition, measure_recognition


def told_from_origin(
    classes: NDArray[np.int64],
    origins: NDArray[np.int64],
    groups: NDArray[np.int64],
    names: tuple[str, ...],
    *,
    seed: int,
) -> Recognition:
    """Measures how well the class is told from the origin alone, cross-validated with whole groups.

    Of each origin the class is said that has the largest share of its own images there, so that a frequent class has
    no advantage.

    Args:
        classes: Index of the class of each image, shape [images].
        origins: Index of the origin of each image, shape [images].
        groups: Group of each image as an integer from 0, shape [images].
        names: Names of the classes.
        seed: Seed of the folds and of the bootstrap.
    """
    reason = reason_not_to_divide(classes, groups, names, kind="class")
    if reason:
        return Recognition.not_computed(reason, n=len(classes), groups=len(np.unique(groups)))
    shape = (int(origins.max()) + 1, len(names))

    def answer(known: NDArray[np.int64], asked: NDArray[np.int64]) -> NDArray[np.int64]:
        counts = np.zeros(shape)
        np.add.at(counts, (origins[known], classes[known]), 1)
        shares = counts / np.maximum(counts.sum(axis=0), 1)
        return shares.argmax(axis=1)[origins[asked]]

    predicted = answer_across_folds(answer, grouped_folds(classes, groups, seed=seed))
    return measure_recognition(actual=classes, predicted=predicted, groups=groups, answers=names, seed=seed)
