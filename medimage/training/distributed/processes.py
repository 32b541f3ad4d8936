"""Processes that train one network together, each on its share of every batch."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar, cast

import torch
from torch import Tensor, distributed, nn

Found = TypeVar("Found")
Value = TypeVar("Value", bound=Tensor | float)

_BUCKET_ELEMENTS = 2**24
"""Gradients that travel together: 64 MiB in float32. Many small messages would each wait for the slowest process."""


@dataclass(frozen=True, kw_only=True)
class Share:
    """The images of a batch that one process takes.

    Attributes:
        rows: Which of them.
        counted: Whether they count. Where there are fewer than two images for each process, one that has none takes
            images that another one has, for nothing: it must run the network when the others do.
        images: Images in the whole batch.
    """

    rows: slice
    counted: bool
    images: int

    def __len__(self) -> int:
        return self.rows.stop - self.rows.start


@dataclass(frozen=True, kw_only=True)
class Processes:
    """This process among those that train together.

    Alone, it takes whole batches, and sums are what they are.

    Attributes:
        rank: Number of this process, from 0.
        count: Number of processes.
    """

    rank: int = 0
    count: int = 1

    def share(self, images: int) -> Share:
        """Returns what this process takes of a batch: two images at least, where the batch has them.

        Args:
            images: Number of images in the batch.
        """
        # BatchNorm cannot be trained on one image where the feature map is one pixel, as at the end of many networks.
        takers = min(self.count, max(1, images // 2))
        if self.rank >= takers:
            return Share(rows=slice(0, min(2, images)), counted=False, images=images)
        start, stop = (images * number // takers for number in (self.rank, self.rank + 1))
        return Share(rows=slice(start, stop), counted=True, images=images)

    def sum(self, value: Value, *, device: torch.device) -> Value | Tensor:
        """Returns the sum of a value over all processes.

        Args:
            value: A number, or a tensor of any shape.
            device: Device to compute on.
        """
        if self.count == 1:
            return value
        total = torch.as_tensor(value, dtype=torch.float64, device=device).clone()
        distributed.all_reduce(total)
        return total

    def sum_gradients(self, parameters: Sequence[nn.Parameter]) -> None:
        """Replaces every gradient by its sum over all processes."""
        if self.count == 1:
            return
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        for bucket in _buckets(gradients):
            together = torch.cat([gradient.reshape(-1) for gradient in bucket])
            distributed.all_reduce(together)
            for gradient, part in zip(bucket, together.split([each.numel() for each in bucket]), strict=True):
                gradient.copy_(part.view(gradient.shape))

    def gather(self, values: Tensor) -> Tensor:
        """Returns the rows of all processes, in the order of their ranks.

        Args:
            values: [rows, ...]; each process may have another number of them.
        """
        if self.count == 1:
            return values
        parts: list[Tensor | None] = [None] * self.count
        distributed.all_gather_object(parts, values.cpu())
        return torch.cat([part for part in parts if part is not None]).to(values.device)

    def from_first(self, find: Callable[[], Found]) -> Found:
        """Returns what the first process finds, in all of them.

        Args:
            find: Called in the first process alone; what it returns is sent to the others.
        """
        if self.count == 1:
            return find()
        found: list[Found | None] = [find() if self.rank == 0 else None]
        distributed.broadcast_object_list(found, src=0)
        return cast(Found, found[0])

    def share_buffers(self, network: nn.Module) -> None:
        """Gives every process the first one's buffers, such as the running statistics of BatchNorm."""
        if self.count > 1:
            for buffer in network.buffers():
                distributed.broadcast(buffer, src=0)


ALONE = Processes()


def _buckets(gradients: list[Tensor]) -> list[list[Tensor]]:
    buckets: list[list[Tensor]] = []
    room = 0
    for gradient in gradients:
        if room < gradient.numel() or buckets[-1][0].dtype != gradient.dtype:
            buckets.append([])
            room = _BUCKET_ELEMENTS
        buckets[-1].append(gradient)
        room -= gradient.numel()
    return buckets
