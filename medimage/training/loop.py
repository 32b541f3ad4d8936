"""One pass over the training images, and one over the validation images."""

import math
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from medimage.models.device import Precision, mixed_precision, widest_float
from medimage.training.distributed.processes import ALONE, Processes, Share
from medimage.training.distributed.shared_batch_norm import SharedBatchNorm
from medimage.training.distributed.shared_dropout import SharedDropout
from medimage.training.divergence import DivergenceError
from medimage.training.gradient_steps import GradientSteps
from medimage.training.inputs.batches import Batches, LabelledBatches
from medimage.training.loss import target_weight
from medimage.training.validation_auroc import macro_auroc

CHECK_EVERY = 20
"""Batches between two looks at whether loss and gradients are finite; each look makes an accelerator wait."""


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
    processes: Processes = ALONE,
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
        processes: Those that train together, each on its share of every batch.

    Raises:
        DivergenceError: If the loss or the gradient is not finite.
    """
    totals = _Totals(processes)
    # Closed also after an error: a thread may be reading ahead.
    with closing(batches):
        for number, (whole_inputs, whole_targets) in enumerate(batches, start=1):
            share = processes.share(len(whole_inputs))
            inputs, targets = whole_inputs[share.rows], whole_targets[share.rows]
            with mixed_precision(precision, device=inputs.device), _as_one(processes, share):
                logits = classify(inputs)
            batch_loss = loss(logits, targets)
            weight = target_weight(targets, class_weights=loss.weight) if share.counted else 0.0
            # The last step of an epoch may gather fewer batches.
            gathered = min(accumulation, count - (number - 1) // accumulation * accumulation)
            steps.add(batch_loss, weight=weight, gathered=gathered)
            totals.add(batch_loss.detach(), logits.detach(), targets, weight=weight, counted=share.counted)
            where = f"batch {number} of {count}"
            is_checked = number % CHECK_EVERY == 0 or number == count or inputs.device.type == "cpu"
            if is_checked:
                totals.require_finite(where)
            if number % accumulation == 0 or number == count:
                steps.take(where)
            if is_checked:
                steps.require_finite(where)
            on_batch()
    return totals.result()


@contextmanager
def _as_one(processes: Processes, share: Share) -> Iterator[None]:
    """Lets a share of a batch go through a network as it does where one process has the whole batch."""
    if processes.count == 1:
        yield
        return
    with SharedDropout(share), SharedBatchNorm(share):
        yield


def validate(
    classify: Callable[[Tensor], Tensor],
    *,
    batches: Batches,
    loss: nn.CrossEntropyLoss,
    precision: Precision,
    on_batch: Callable[[], None],
    processes: Processes = ALONE,
) -> PassResult:
    """Measures loss, accuracy and area under the ROC curve without changing anything.

    Args:
        classify: From a batch of inputs to logits, in evaluation mode.
        batches: Validation inputs.
        loss: Loss of a batch, a mean weighted by class.
        precision: Arithmetic of the forward pass.
        on_batch: Called after each batch.
        processes: Those that validate together, each on its share of every batch.

    Raises:
        DivergenceError: If the loss is not finite.
    """
    totals = _Totals(processes)
    outputs, answers = [], []
    with torch.inference_mode(), closing(batches.in_order()) as labelled:
        for whole_inputs, whole_labels in labelled:
            share = processes.share(len(whole_inputs))
            inputs, labels = whole_inputs[share.rows], whole_labels[share.rows]
            with mixed_precision(precision, device=inputs.device):
                logits = classify(inputs)
            weight = target_weight(labels, class_weights=loss.weight) if share.counted else 0.0
            totals.add(loss(logits, labels), logits, labels, weight=weight, counted=share.counted)
            outputs.append(logits[: len(logits) * share.counted])
            answers.append(labels[: len(labels) * share.counted])
            on_batch()
    totals.require_finite("the validation images")
    auroc = macro_auroc(processes.gather(torch.cat(outputs)), processes.gather(torch.cat(answers)))
    return replace(totals.result(), auroc=auroc)


class _Totals:
    """Sums over batches, kept on the device so that adding to them waits for nothing."""

    def __init__(self, processes: Processes) -> None:
        self._processes = processes
        self._device = torch.device("cpu")
        self._loss: Tensor | float = 0.0
        self._weight: Tensor | float = 0.0
        self._correct: Tensor | float = 0.0
        self._images = 0

    def add(
        self, batch_loss: Tensor, logits: Tensor, targets: Tensor, *, weight: Tensor | float, counted: bool
    ) -> None:
        self._device = logits.device
        if not counted:
            return
        labels = targets.argmax(dim=1) if targets.is_floating_point() else targets
        self._loss = self._loss + batch_loss.to(widest_float(self._device)) * weight
        self._weight = self._weight + weight
        self._correct = self._correct + (logits.argmax(dim=1) == labels).sum()
        self._images += len(labels)

    def require_finite(self, where: str) -> None:
        # Of all processes, so that they find out together and none waits for another one that is gone.
        total = float(self._processes.sum(self._loss, device=self._device))
        if not math.isfinite(total):
            raise DivergenceError(f"The loss became {total} in {where}")

    def result(self) -> PassResult:
        sums = (self._loss, self._weight, self._correct, float(self._images))
        loss, weight, correct, images = (float(self._processes.sum(each, device=self._device)) for each in sums)
        return PassResult(loss=loss / weight, accuracy=correct / images)
