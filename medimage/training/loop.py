"""One pass over the training images, and one over the validation images."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from medimage.models.device import Precision, mixed_precision
from medimage.training.batches import Batches
from medimage.training.failures import NonFiniteError

CHECK_EVERY = 20
"""Batches between two looks at whether the loss is finite; each look makes an accelerator wait."""


@dataclass(frozen=True, kw_only=True)
class PassResult:
    """Figures of one pass.

    Attributes:
        loss: Mean loss over the images, weighted as the loss weights classes.
        accuracy: Share of images classified correctly, in [0, 1].
    """

    loss: float
    accuracy: float


@dataclass(frozen=True, kw_only=True)
class StepSettings:
    """How gradients become steps.

    Attributes:
        accumulation: Batches whose gradients are averaged before a step.
        gradient_clip: Largest norm of the gradient; `None` does not clip.
        precision: Arithmetic of the forward pass.
    """

    accumulation: int
    gradient_clip: float | None
    precision: Precision


def train_epoch(
    classify: Callable[[Tensor], Tensor],
    *,
    parameters: list[nn.Parameter],
    batches: Iterator[tuple[Tensor, Tensor]],
    count: int,
    loss: nn.CrossEntropyLoss,
    optimizer: Optimizer,
    settings: StepSettings,
    on_batch: Callable[[], None],
) -> PassResult:
    """Trains on every batch once.

    Args:
        classify: From a batch of inputs to logits; augmentation included.
        parameters: Parameters that are trained.
        batches: Inputs and labels.
        count: Number of batches.
        loss: Loss of a batch, a mean weighted by class.
        optimizer: Optimizer of the parameters.
        settings: How gradients become steps.
        on_batch: Called after each batch.

    Raises:
        NonFiniteError: If the loss or the gradient is not finite.
    """
    totals = _Totals(loss)
    optimizer.zero_grad(set_to_none=True)
    for number, (inputs, labels) in enumerate(batches, start=1):
        with mixed_precision(settings.precision, device=inputs.device):
            logits = classify(inputs)
        batch_loss = loss(logits, labels)
        # The last step of an epoch may gather fewer batches; their mean is taken all the same.
        gathered = min(settings.accumulation, count - (number - 1) // settings.accumulation * settings.accumulation)
        (batch_loss / gathered).backward()
        totals.add(batch_loss.detach(), logits.detach(), labels)
        if number % CHECK_EVERY == 0 or number == count or inputs.device.type == "cpu":
            totals.require_finite(f"batch {number} of {count}")
        if number % settings.accumulation == 0 or number == count:
            if settings.gradient_clip is not None:
                norm = nn.utils.clip_grad_norm_(parameters, settings.gradient_clip)
                if not norm.isfinite():
                    raise NonFiniteError(f"The gradient became {norm.item()} in batch {number} of {count}")
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
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
    """Measures loss and accuracy without changing anything.

    Args:
        classify: From a batch of inputs to logits, in evaluation mode.
        batches: Validation inputs.
        loss: Loss of a batch, a mean weighted by class.
        precision: Arithmetic of the forward pass.
        on_batch: Called after each batch.

    Raises:
        NonFiniteError: If the loss is not finite.
    """
    totals = _Totals(loss)
    with torch.inference_mode():
        for inputs, labels in batches.in_order():
            with mixed_precision(precision, device=inputs.device):
                logits = classify(inputs)
            totals.add(loss(logits, labels), logits, labels)
            on_batch()
    totals.require_finite("the validation images")
    return totals.result()


class _Totals:
    """Sums over batches, kept on the device so that adding to them waits for nothing."""

    def __init__(self, loss: nn.CrossEntropyLoss) -> None:
        self._class_weights = loss.weight
        self._loss: Tensor | float = 0.0
        self._weight: Tensor | float = 0.0
        self._correct: Tensor | float = 0.0
        self._images = 0

    def add(self, batch_loss: Tensor, logits: Tensor, labels: Tensor) -> None:
        # PyTorch divides a batch's loss by the sum of its images' class weights; undo it to average over all images.
        weight = float(len(labels)) if self._class_weights is None else self._class_weights[labels].sum()
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
