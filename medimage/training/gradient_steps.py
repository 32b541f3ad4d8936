"""From the losses of batches to steps of the optimizer."""

from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.amp.grad_scaler import GradScaler
from torch.optim import Optimizer

from medimage.training.distributed.processes import ALONE, Processes
from medimage.training.divergence import DivergenceError

_SMALLEST_SCALE = 1.0
"""A scaler that has come down to this multiplies gradients by nothing any more: they are too large by themselves."""


class GradientSteps:
    """Adds up the gradients of batches, and steps along the gradient of the mean loss over all their images.

    A batch's loss is a mean over its images, weighted by class. Batches of other sizes or other classes do not weigh
    the same, so each is multiplied by its weight, and the sum divided by the weight of all: the gradient is that of one
    large batch.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        *,
        gradient_clip: float | None,
        scaler: GradScaler,
        after_step: Callable[[], None],
        processes: Processes = ALONE,
    ) -> None:
        """Prepares steps.

        Args:
            optimizer: Optimizer of what is trained.
            gradient_clip: Largest norm of the gradient; `None` does not clip.
            scaler: Scaler of fp16 gradients; not enabled otherwise.
            after_step: Called after each step that was taken.
            processes: Those that train together: their batches are one.
        """
        self._optimizer = optimizer
        self._parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
        self._gradient_clip = gradient_clip
        self._scaler = scaler
        self._after_step = after_step
        self._processes = processes
        self._largest_norm: Tensor | None = None
        self.forget()

    def forget(self) -> None:
        """Drops gradients that no step was taken along."""
        self._optimizer.zero_grad(set_to_none=True)
        self._reference: Tensor | float = 0.0
        self._weight: Tensor | float = 0.0
        self._batches = 0

    def add(self, batch_loss: Tensor, *, weight: Tensor | float, gathered: int) -> None:
        """Adds the gradient of a batch.

        Args:
            batch_loss: Mean loss over the batch's images, weighted by class.
            weight: Sum of the images' weights.
            gathered: Batches that are added up before the next step.
        """
        weight_of_all = self._processes.sum(weight, device=batch_loss.device)
        if self._batches == 0:
            # Any number would do. With this one, the sum has the size of a mean, and a single batch is left as it is.
            self._reference = weight_of_all * gathered
        self._scaler.scale(batch_loss * (weight / self._reference)).backward()
        self._weight = self._weight + weight_of_all
        self._batches += 1

    def take(self, where: str) -> None:
        """Takes a step, but never along a gradient that is not finite.

        A fused optimizer finds that out on its device, which nothing waits for: `require_finite` tells it. Where small
        numbers are scaled up, a step is also left out if the factor was too large for these gradients.

        Args:
            where: What the last batch was, for messages.

        Raises:
            DivergenceError: If the gradient is not finite, and the optimizer is not a fused one.
        """
        self._processes.sum_gradients(self._parameters)
        if self._batches > 1:
            self._divide_by_weight()
        if self._scaler.is_enabled():
            self._take_scaled(where)
        else:
            self._take_finite(where)
        self.forget()

    def require_finite(self, where: str) -> None:
        """Makes sure that no gradient so far was other than finite. This waits for an accelerator.

        Args:
            where: What the last batch was, for messages.

        Raises:
            DivergenceError: If one was not, whose step was not taken.
        """
        if self._largest_norm is not None and not self._largest_norm.isfinite():
            raise DivergenceError(f"The gradient became {self._largest_norm.item()} in {where}")

    def _take_finite(self, where: str) -> None:
        norm = nn.utils.get_total_norm([each.grad for each in self._parameters if each.grad is not None])
        if self._gradient_clip is not None:
            nn.utils.clip_grads_with_norm_(self._parameters, self._gradient_clip, norm)
        # NaN is larger than any number here.
        self._largest_norm = norm if self._largest_norm is None else torch.maximum(self._largest_norm, norm)
        if getattr(self._optimizer, "_step_supports_amp_scaling", False):
            # What GradScaler does: the kernel of a fused optimizer reads this on its device and leaves the step out.
            optimizer = cast(Any, self._optimizer)
            optimizer.found_inf = (~norm.isfinite()).float()
            self._optimizer.step()
            del optimizer.found_inf
        else:
            self.require_finite(where)
            self._optimizer.step()
        self._after_step()

    def _take_scaled(self, where: str) -> None:
        if self._gradient_clip is not None:
            self._scaler.unscale_(self._optimizer)
            nn.utils.clip_grad_norm_(self._parameters, self._gradient_clip)
        scale = self._scaler.get_scale()
        self._scaler.step(self._optimizer)
        self._scaler.update()
        if self._scaler.get_scale() >= scale:
            self._after_step()
        elif self._scaler.get_scale() < _SMALLEST_SCALE:
            raise DivergenceError(f"The gradient was not finite in fp16, whatever it was scaled by, up to {where}")

    def _divide_by_weight(self) -> None:
        factor = self._reference / self._weight
        if isinstance(factor, float) and factor == 1.0:
            return
        for parameter in self._parameters:
            if parameter.grad is not None:
                parameter.grad.mul_(factor)
