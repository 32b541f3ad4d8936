"""Answers to every image from what the other folds teach, where no group is in two folds."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from medimage.data.partition import partition_groups

FOLDS = 5

Answer = Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.int64]]
"""Takes the rows to learn from and the rows to answer, and returns an answer for each of the latter."""


def grouped_folds(answers: NDArray[np.int64], groups: NDArray[np.int64], *, seed: int) -> NDArray[np.int64]:
    """Divides images into stratified folds that no group crosses.

    Args:
        answers: What the folds are stratified by, shape [images].
        groups: Group of each image, shape [images].
        seed: Seed of the division.

    Returns:
        int64, shape [images]: the fold of each image, from 0.
    """
    names = [str(answer) for answer in answers.tolist()]
    return partition_groups(names, [str(group) for group in groups.tolist()], shares=(1 / FOLDS,) * FOLDS, seed=seed)


def reason_not_to_divide(
    answers: NDArray[np.int64], groups: NDArray[np.int64], names: tuple[str, ...], *, kind: str
) -> str:
    """Says why images cannot be divided into folds that each have every answer; empty where they can.

    Args:
        answers: Index of the answer of each image, shape [images].
        groups: Group of each image, shape [images].
        names: Names of the answers.
        kind: What an answer is, such as `class`.
    """
    if len(names) < 2:
        found = f"there is only one {kind}" if names else f"there is no {kind}"
        return f"{found} with the {FOLDS} independent cases that cross-validation needs among the images looked at"
    for index, name in enumerate(names):
        found = len(np.unique(groups[answers == index]))
        if found < FOLDS:
            return f"{kind} {name} has {found} independent cases, fewer than the {FOLDS} that cross-validation needs"
    return ""


def answer_across_folds(answer: Answer, folds: NDArray[np.int64]) -> NDArray[np.int64]:
    """Answers the images of every fold from those of the others.

    Args:
        answer: Learns and answers.
        folds: Fold of each image, shape [images].

    Returns:
        int64, shape [images].
    """
    answers = np.empty(len(folds), dtype=np.int64)
    for fold in np.unique(folds):
        asked = np.flatnonzero(folds == fold)
        answers[asked] = answer(np.flatnonzero(folds != fold), asked)
    return answers
