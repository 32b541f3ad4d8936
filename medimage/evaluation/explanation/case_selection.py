"""Which test images are explained."""

import numpy as np
from numpy.typing import NDArray

from medimage.evaluation.explanation.explanation_result import CaseKind


def select_cases(
    labels: NDArray[np.int64], probabilities: NDArray[np.float64], *, per_class: int
) -> list[tuple[int, CaseKind]]:
    """Chooses images of every class: a third wrong ones, a third uncertain ones, the rest ordinary.

    Where there are fewer wrong ones, more of the others are taken. Wrong ones come with the most certain first,
    because those mislead most; ordinary ones are those whose certainty is nearest the median of their class.

    Args:
        labels: int64, shape [images].
        probabilities: Shape [images, classes].
        per_class: Images per class at most.

    Returns:
        Rows with the reason for choosing them, by class.
    """
    certainty, predicted = probabilities.max(axis=1), probabilities.argmax(axis=1)
    chosen: list[tuple[int, CaseKind]] = []
    for label in range(probabilities.shape[1]):
        rows = np.flatnonzero(labels == label)
        wrong = rows[predicted[rows] != label]
        right = rows[predicted[rows] == label]
        wrong = wrong[np.argsort(-certainty[wrong], kind="stable")][: max(1, per_class // 3)]
        uncertain = right[np.argsort(certainty[right], kind="stable")][: max(1, per_class // 3)]
        rest = np.setdiff1d(right, uncertain)
        distance = np.abs(certainty[rest] - np.median(certainty[right])) if len(right) else np.zeros(0)
        ordinary = rest[np.argsort(distance, kind="stable")]
        picked: list[tuple[int, CaseKind]] = [
            *((int(row), "wrong") for row in wrong),
            *((int(row), "uncertain") for row in uncertain),
            *((int(row), "correct") for row in ordinary),
        ]
        chosen += picked[:per_class]
    return chosen
