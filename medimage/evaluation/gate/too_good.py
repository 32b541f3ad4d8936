"""Results that are better than medicine is."""

import numpy as np

from medimage.evaluation.evaluation import Evaluation

_NEARLY_ALL_RIGHT = 0.995
_NEARLY_CERTAIN = 0.99


def warn_of_perfection(evaluation: Evaluation, *, clusters: int, crossing: int) -> tuple[str, ...]:
    """Returns a warning where nearly every answer is right, or the mean confidence is nearly 1.

    Few images that are all recognised with certainty are more often the same image twice, or a trait of its origin,
    than a solved problem.

    Args:
        evaluation: The predictions.
        clusters: Clusters of near-duplicates that the audit found, kept on one side of every split.
        crossing: Clusters of duplicates that cross the split all the same.
    """
    probabilities = evaluation.probabilities()
    right = int((probabilities.argmax(axis=1) == evaluation.test.labels).sum())
    images, confidence = len(evaluation.test), float(np.mean(probabilities.max(axis=1)))
    if right < _NEARLY_ALL_RIGHT * images and confidence < _NEARLY_CERTAIN:
        return ()
    duplicates = (
        f"The duplicate check found {clusters} {'cluster' if clusters == 1 else 'clusters'} of near-duplicates, "
        + ("and none crosses the split" if crossing == 0 else f"and {crossing} cross the split")
    )
    return (
        f"{right} of {images} predictions are right, with a mean confidence of {confidence:.3f}: a warning sign, not "
        f"a result to trust unseen. {duplicates}; copies that are turned, cropped or drawn upon may have escaped it. "
        "Look at the near-duplicates, the shortcut probes and the heat maps before believing it",
    )
