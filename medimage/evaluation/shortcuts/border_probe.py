"""What can be told from the border of an image alone."""

import numpy as np
from numpy.typing import NDArray

from medimage.evaluation.shortcuts.across_folds import answer_across_folds, grouped_folds, reason_not_to_divide
from medimage.evaluation.shortcuts.recognition import Recognition, measure_recognition

_SHRINKAGE = 0.01
"""Share of the identity in the covariance: a side that is black everywhere has none of its own."""


def told_from_border(
    features: NDArray[np.float64],
    answers: NDArray[np.int64],
    groups: NDArray[np.int64],
    names: tuple[str, ...],
    *,
    kind: str,
    seed: int,
) -> Recognition:
    """Measures how well the answers are told from the border, cross-validated with whole groups.

    The probe is a linear discriminant with equal priors: closed form, the same in every run, and blunt on purpose.
    What it finds, any network finds.

    Args:
        features: Border of each image, see `border_features`, shape [images, features].
        answers: Index of the answer of each image, shape [images].
        groups: Group of each image as an integer from 0, shape [images].
        names: Names of the answers.
        kind: What an answer is, for the reason where nothing can be computed.
        seed: Seed of the folds and of the bootstrap.
    """
    reason = reason_not_to_divide(answers, groups, names, kind=kind)
    if reason:
        return Recognition.not_computed(reason, n=len(answers), groups=len(np.unique(groups)))
    # Imported here because it takes a second, which a run of cached steps should not wait for.
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis  # noqa: PLC0415

    def answer(known: NDArray[np.int64], asked: NDArray[np.int64]) -> NDArray[np.int64]:
        mean, deviation = features[known].mean(axis=0), features[known].std(axis=0)
        scaled = (features - mean) / np.where(deviation > 0, deviation, 1.0)
        count = len(np.unique(answers[known]))
        probe = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=_SHRINKAGE, priors=np.full(count, 1 / count))
        predicted = probe.fit(scaled[known], answers[known]).predict(scaled[asked])
        return np.asarray(predicted, dtype=np.int64)

    predicted = answer_across_folds(answer, grouped_folds(answers, groups, seed=seed))
    return measure_recognition(actual=answers, predicted=predicted, groups=groups, answers=names, seed=seed)
