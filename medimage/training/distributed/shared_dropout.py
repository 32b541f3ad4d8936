"""Dropout that is the same in however many processes a batch is computed."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from medimage.training.distributed.share_mode import ShareMode


class SharedDropout(ShareMode):
    """Draws dropout and stochastic depth for a whole batch, and applies what belongs to the images of a share.

    All processes draw from generators in the same state, so each image is dealt with as if one process had them all.
    """

    def call(self, function: Callable[..., Any], arguments: tuple[Any, ...], named: Mapping[str, Any]) -> Any:
        """Replaces the two functions that draw, and lets all others through."""
        if function is functional.dropout:
            return self._dropout(*arguments, **named)
        if function is Tensor.bernoulli_ and self._is_share(arguments[0]):
            return arguments[0].copy_(self._draw(arguments[0], *arguments[1:], **named))
        return function(*arguments, **named)

    # The signature is PyTorch's.
    def _dropout(self, input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:  # noqa: A002
        if not training or p in (0.0, 1.0) or not self._is_share(input):
            return functional.dropout(input, p, training, inplace)
        noise = self._draw(input, 1 - p).div_(1 - p)
        return input.mul_(noise) if inplace else input * noise

    def _is_share(self, values: Tensor) -> bool:
        return values.ndim > 0 and len(values) == len(self._share)

    def _draw(self, values: Tensor, probability: float) -> Tensor:
        is_channels_last = values.ndim == 4 and values.is_contiguous(memory_format=torch.channels_last)
        whole = torch.empty(
            (self._share.images, *values.shape[1:]),
            dtype=values.dtype,
            device=values.device,
            # Numbers are drawn in the order in which they lie in memory.
            memory_format=torch.channels_last if is_channels_last else torch.contiguous_format,
        )
        return whole.bernoulli_(probability)[self._share.rows]
