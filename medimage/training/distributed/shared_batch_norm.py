"""BatchNorm that sees whole batches in however many processes they are computed, on any device."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, distributed
from torch.autograd import Function
from torch.nn import functional

from medimage.training.distributed.share_mode import ShareMode


class SharedBatchNorm(ShareMode):
    """Normalises by the mean and variance of the whole batch where a network is trained.

    PyTorch's own SyncBatchNorm works on accelerators alone, and counts images twice that a process takes for nothing.
    """

    def call(self, function: Callable[..., Any], arguments: tuple[Any, ...], named: Mapping[str, Any]) -> Any:
        """Replaces batch normalisation, and lets all other functions through."""
        replaced = self._batch_norm if function is functional.batch_norm else function
        return replaced(*arguments, **named)

    # The signature is PyTorch's.
    def _batch_norm(  # noqa: PLR0917
        self,
        input: Tensor,  # noqa: A002
        running_mean: Tensor | None,
        running_var: Tensor | None,
        weight: Tensor | None = None,
        bias: Tensor | None = None,
        training: bool = False,
        momentum: float = 0.1,
        eps: float = 1e-5,
    ) -> Tensor:
        if not training:
            return functional.batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)
        values = input.float()
        # Known to every process, so that an accelerator need not be waited for.
        count = self._share.images * (values.numel() // (values.shape[1] * len(self._share)))
        if count < 2:
            raise ValueError(f"Expected more than 1 value per channel when training, got input size {input.size()}")
        mean, variance = _moments(values if self._share.counted else values * 0, count=count)
        with torch.no_grad():
            if running_mean is not None:
                running_mean.lerp_(mean.to(running_mean.dtype), momentum)
            if running_var is not None:
                # What is kept is the unbiased estimate, as PyTorch does.
                running_var.lerp_((variance * (count / (count - 1))).to(running_var.dtype), momentum)
        scale = torch.rsqrt(variance + eps)
        if weight is not None:
            scale = scale * weight
        shift = -mean * scale
        if bias is not None:
            shift = shift + bias
        shape = (1, -1, *[1] * (input.ndim - 2))
        return torch.addcmul(shift.view(shape).float(), values, scale.view(shape).float()).to(input.dtype)


def _moments(values: Tensor, *, count: int) -> tuple[Tensor, Tensor]:
    """Returns mean and variance of each channel over `count` values in all processes, float64 [channels]."""
    others = [dimension for dimension in range(values.ndim) if dimension != 1]
    # Of small differences of large sums, float32 would leave little.
    sums = values.sum(others, dtype=torch.float64)
    squares = values.square().sum(others, dtype=torch.float64)
    mean, mean_square = (_Sum.apply(torch.stack([sums, squares])) / count).unbind()
    return mean, (mean_square - mean.square()).clamp(min=0)


class _Sum(Function):
    """The sum of a tensor over all processes, whose gradient is the sum of their gradients."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        """Returns the sum."""
        del ctx
        total = values.clone()
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        """Returns the gradient, to which what every process makes of the sum adds."""
        del ctx
        total = gradients[0].clone()
        distributed.all_reduce(total)
        return total
