"""One pass over the training images, and one over the validation images."""

import math
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from medimage.models.device import Precision, mixed_precision
from medimage.training.batches import Batches, LabelledBatches
from medimage.training.failures import NonFiniteError
from medimage.training.gradient_steps import GradientSteps
from medimage.training.loss import target_weight
from medimage.training.validation_auroc import macro_auroc

CHECK_EVERY = 20
"""Batches between two looks at whether the loss is finite; each look makes an accelerator wait."""


@dataclass(frozen=True, kw_only=True)
class PassResult:
    """Figures of one pass.

    Attributes:
        loss: Mean loss over the images, weighted as the loss weights classes.
        accuracy: Share of images classified correctly, in [0, 1]; of mixed images, as the class that has the largest
            share in them.
        auroc: Area under the ROC curve, each class against the rest, mean over the classes, in [0, 1]; `None` where no
            class has one, and of a pass over training images.
    """

    loss: float
    accuracy: float
    auroc: float | None = None


def train_epoch(
    classify: Callable[[Tensor], Tensor],
    *,
    batches: LabelledBatches,
    count: int,
    loss: nn.CrossEntropyLoss,
    steps: GradientSteps,
    accumulation: int,
    precision: Precision,
    on_batch: Callable[[], None],
) -> PassResult:
    """Trains on every batch once.

    Args:
        classify: From a batch of inputs to logits; augmentation included.
        batches: Inputs and targets: class indices [images] or shares of classes [images, classes].
        count: Number of batches.
        loss: Loss of a batch, a mean weighted by class.
        steps: What makes steps of gradients.
        accumulation: Batches whose gradients are added up before a step.
        precision: Arithmetic of the forward pass.
        on_batch: Called after each batch.

    Raises:
        NonFiniteError: If the loss or the gradient is not finite.
    """
    totals = _Totals()
    # Closed also after an error: a thread may be reading ahead.
    with closing(batches):
        for number, (inputs, targets) in enumerate(batches, start=1):
            with mixed_precision(precision, device=inputs.device):
                logits = classify(inputs)
            batch_loss = loss(logits, targets)
            weight = target_weight(targets, class_weights=loss.weight)
            # The last step of an epoch may gather fewer batches.
            gathered = min(accumulation, count - (number - 1) // accumulation * accumulation)
            steps.add(batch_loss, weight=weight, gathered=gathered)
            totals.add(batch_loss.detach(), logits.detach(), targets, weight=weight)
            where = f"batch {number} of {count}"
            if number % CHECK_EVERY == 0 or number == count or inputs.device.type == "cpu":
                totals.require_finite(where)
            if number % accumulation == 0 or number == count:
                steps.take(where)
            on_batch()
    return totals.result()


def validate(
    classify: Callable[[Tensor], Tensor],
    *,
    batches: Batches,
    loss: nn.CrossEntropyLoss,
    precision: Precision,
    on_batch: Callable[[], None],
) -> PassResult:
    """Measures loss, accuracy and area under the ROC curve without changing anything.

    Args:
        classify: From a batch of inputs to logits, in evaluation mode.
        batches: Validation inputs.
        loss: Loss of a batch, a mean weighted by class.
        precision: Arithmetic of the forward pass.
        on_batch: Called after each batch.

    Raises:
        NonFiniteError: If the loss is not finite.
    """
    totals = _Totals()
    outputs, answers = [], []
    with torch.inference_mode(), closing(batches.in_order()) as labelled:
        for inputs, labels in labelled:
            with mixed_precision(precision, device=inputs.device):
                logits = classify(inputs)
            weight = target_weight(labels, class_weights=loss.weight)
            totals.add(loss(logits, labels), logits, labels, weight=weight)
            outputs.append(logits)
            answers.append(labels)
            on_batch()
    totals.require_finite("the validation images")
    return replace(totals.result(), auroc=macro_auroc(torch.cat(outputs), torch.cat(answers)))


class _Totals:
    """Sums over batches, kept on the device so that adding to them waits for nothing."""

    def __init__(self) -> None:
        self._loss: Tensor | float = 0.0
        self._weight: Tensor | float = 0.0
        self._correct: Tensor | float = 0.0
        self._images = 0

    def add(self, batch_loss: Tensor, logits: Tensor, targets: Tensor, *, weight: Tensor | float) -> None:
        labels = targets.argmax(dim=1) if targets.is_floating_point() else targets
        self._loss = self._loss + batch_loss.double() * weight
        self._weight = self._weight + weight
        self._correct = self._correct + (logits.argmax(dim=1) == labels).sum()
        self._images += len(labels)

    def require_finite(self, where: str) -> None:
        total = float(self._loss)
        if not math.isfinite(total):
            raise NonFiniteError(f"The loss became {total} in {where}")

    def result(self) -> PassResult:
        return PassResult(loss=float(self._loss) / float(self._weight), accuracy=float(self._correct) / self._images)
