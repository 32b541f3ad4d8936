"""The images whose answer is frequent enough to be asked for."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medimage.evaluation.shortcuts.across_folds import FOLDS


@dataclass(frozen=True, kw_only=True)
class EnoughCases:
    """Images of the answers that have an independent case for every fold.

    Attributes:
        rows: Positions of the images among those looked at.
        answers: Index of the answer of each, from 0 without a gap.
        groups: Group of each as an integer, from 0 without a gap.
        names: Names of the answers.
        left_out: Every other answer with its number of independent cases.
    """

    rows: NDArray[np.int64]
    answers: NDArray[np.int64]
    groups: NDArray[np.int64]
    names: tuple[str, ...]
    left_out: dict[str, int]

    @classmethod
    def of(cls, answers: NDArray[np.int64], groups: NDArray[np.int64], names: Sequence[str]) -> "EnoughCases":
        """Chooses the images of all answers that can be cross-validated.

        Args:
            answers: Index of the answer of each image, shape [images].
            groups: Group of each image as an integer, shape [images].
            names: Names of the answers.
        """
        pairs = np.unique(np.column_stack([answers, groups]), axis=0)
        cases = np.bincount(pairs[:, 0], minlength=len(names)).tolist()
        kept = [code for code in range(len(names)) if cases[code] >= FOLDS]
        rows = np.flatnonzero(np.isin(answers, kept))
        return cls(
            rows=rows,
            answers=np.searchsorted(kept, answers[rows]),
            groups=np.unique(groups[rows], return_inverse=True)[1],
            names=tuple(names[code] for code in kept),
            left_out={name: count for name, count in zip(names, cases, strict=True) if count < FOLDS},
        )
