"""Counts of true against predicted classes."""

import numpy as np
from numpy.typing import NDArray


def confusion_matrix(labels: NDArray[np.int64], predicted: NDArray[np.int64], *, classes: int) -> NDArray[np.int64]:
    """Counts images by true class (row) and predicted class (column), shape [classes, classes].

    Raises:
        ValueError: If a label or prediction is not an index of a class.
    """
    if len(labels) != len(predicted):
        raise ValueError(f"Expected one prediction per label but got {len(predicted)} for {len(labels)}")
    for name, values in (("labels", labels), ("predictions", predicted)):
        if len(values) and not (values.min() >= 0 and values.max() < classes):
            raise ValueError(f"Expected {name} from 0 to {classes - 1} but got {np.unique(values).tolist()}")
    return np.bincount(labels * classes + predicted, minlength=classes * classes).reshape(classes, classes)
