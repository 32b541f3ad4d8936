"""Batches of images or of frozen features, gathered on the host and moved to the device."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from medimage.data.labelled_pixels import LabelledPixels
from medimage.data.pixel_rows import Pixels


@dataclass(frozen=True, kw_only=True)
class Batches:
    """Inputs with labels, in batches, resident in memory or memory-mapped.

    Gathering a batch of uint8 pixels takes well under a hundredth of a training step, so no worker processes or
    threads stand between the images and the device.

    Attributes:
        inputs: uint8 pixels [images, height, width, channels] or float32 features [images, width].
        labels: int64 [images].
        batch_size: Images per batch.
        device: Device the batches are moved to.
    """

    inputs: Pixels | NDArray[np.float32]
    labels: NDArray[np.int64]
    batch_size: int
    device: torch.device

    @classmethod
    def of_pixels(cls, data: LabelledPixels, *, batch_size: int, device: torch.device) -> "Batches":
        """Returns the batches of one part of a split."""
        return cls(inputs=data.pixels, labels=data.labels, batch_size=batch_size, device=device)

    def __len__(self) -> int:
        return len(batch_bounds(len(self.labels), batch_size=self.batch_size))

    def in_order(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Yields inputs and labels in the order they are stored."""
        return self._gather(np.arange(len(self.labels)))

    def shuffled(self, generator: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
        """Yields inputs and labels in random order, every image once.

        Args:
            generator: Source of randomness, on the CPU.
        """
        return self._gather(torch.randperm(len(self.labels), generator=generator).numpy())

    def _gather(self, rows: NDArray[np.int64]) -> Iterator[tuple[Tensor, Tensor]]:
        for start, stop in batch_bounds(len(rows), batch_size=self.batch_size):
            chosen = rows[start:stop]
            yield self._move(self.inputs[chosen]), self._move(self.labels[chosen])

    def _move(self, values: NDArray[np.generic]) -> Tensor:
        tensor = torch.from_numpy(values)
        if self.device.type == "cuda":
            # From pinned memory the copy runs beside the computation of the batch before.
            return tensor.pin_memory().to(self.device, non_blocking=True)
        return tensor.to(self.device)


def batch_bounds(images: int, *, batch_size: int) -> list[tuple[int, int]]:
    """Returns where each batch starts and stops.

    A single image left over joins the batch before it. BatchNorm cannot be trained on one image where the feature map
    is one pixel (its variance is zero), and dropping the image would leave one out of every epoch.

    Args:
        images: Number of images.
        batch_size: Images per batch, at least 1.
    """
    starts = list(range(0, images, batch_size))
    if len(starts) > 1 and batch_size > 1 and images - starts[-1] == 1:
        starts.pop()
    return list(zip(starts, [*starts[1:], images], strict=True))
