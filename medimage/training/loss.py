"""The loss: cross-entropy with label smoothing and class weights."""

from collections.abc import Mapping
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from medimage.errors import ConfigurationError
from medimage.training.inputs.sampling import require_every_class


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
        require_every_class(labels, classes=classes, setting="training.class_weights: auto")
        return len(labels) / (len(classes) * np.bincount(labels))
    if set(setting) != set(classes):
        raise ConfigurationError(
            f"training.class_weights must name each class once: expected {sorted(classes)} but got {sorted(setting)}."
        )
    return np.array([setting[name] for name in classes], dtype=np.float64)


class ClassificationLoss(nn.CrossEntropyLoss):
    """Cross-entropy whose class weights mean the same for labels and for shares of classes.

    PyTorch divides the weighted sum over a batch by what its labels weigh, but with shares by the number of images, so
    that mixed batches would count more or less than others. Here both are divided by what the batch weighs.
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:  # noqa: A002 (PyTorch's name)
        """Returns the mean loss of a batch.

        Args:
            input: Logits [images, classes].
            target: Labels, int64 [images], or the share of each class, float [images, classes].
        """
        if target.ndim == 1:
            return super().forward(input, target)
        total = functional.cross_entropy(
            input, target, weight=self.weight, label_smoothing=self.label_smoothing, reduction="sum"
        )
        return total / target_weight(target, class_weights=self.weight)


def target_weight(target: Tensor, *, class_weights: Tensor | None) -> Tensor | float:
    """Returns what the images of a batch weigh together.

    Args:
        target: Labels, int64 [images], or the share of each class, float [images, classes].
        class_weights: Weight of each class; all weigh 1 where there are none.
    """
    if class_weights is None:
        return float(len(target))
    return class_weights[target].sum() if target.ndim == 1 else (target @ class_weights).sum()


def build_loss(weights: NDArray[np.float64], *, label_smoothing: float) -> ClassificationLoss:
    """Returns the loss of a batch: its mean, weighted by class.

    Args:
        weights: Weight of each class.
        label_smoothing: Share of the target that is spread evenly over all classes (C. Szegedy et al., Rethinking the
            Inception Architecture, 2016).
    """
    return ClassificationLoss(weight=torch.tensor(weights, dtype=torch.float32), label_smoothing=label_smoothing)
