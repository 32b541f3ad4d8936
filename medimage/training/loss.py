"""The loss: cross-entropy with label smoothing and class weights."""

from collections.abc import Mapping
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from medimage.errors import ConfigurationError, TrainingError


def class_weights(
    labels: NDArray[np.int64], *, classes: tuple[str, ...], setting: Literal["auto", "none"] | Mapping[str, float]
) -> NDArray[np.float64]:
    """Returns the weight of each class in the loss.

    `auto` is n / (K n_k) for n images, K classes and n_k images of class k: the "balanced" heuristic of G. King and
    L. Zeng, Logistic Regression in Rare Events Data, 2001.

    Args:
        labels: Class index of each training image.
        classes: Class names.
        setting: Section `training.class_weights`.

    Returns:
        float64 [classes].

    Raises:
        TrainingError: If a class has no training image and the weights are to come from the data.
        ConfigurationError: If given weights do not name each class once.
    """
    if setting == "none":
        return np.ones(len(classes))
    if setting == "auto":
        counts = np.bincount(labels, minlength=len(classes))
        if np.any(counts == 0):
            absent = [name for name, count in zip(classes, counts, strict=True) if count == 0]
            raise TrainingError(
                f"training.class_weights: auto needs training images of every class but there are none of {absent}. "
                "Add images, or name only the classes that have some in data.classes."
            )
        return len(labels) / (len(classes) * counts)
    if set(setting) != set(classes):
        raise ConfigurationError(
            f"training.class_weights must name each class once: expected {sorted(classes)} but got {sorted(setting)}."
        )
    return np.array([setting[name] for name in classes], dtype=np.float64)


def build_loss(weights: NDArray[np.float64], *, label_smoothing: float) -> nn.CrossEntropyLoss:
    """Returns the loss of a batch: its mean, weighted by class.

    Args:
        weights: Weight of each class.
        label_smoothing: Share of the target that is spread evenly over all classes (C. Szegedy et al., Rethinking the
            Inception Architecture, 2016).
    """
    return nn.CrossEntropyLoss(weight=torch.tensor(weights, dtype=torch.float32), label_smoothing=label_smoothing)
