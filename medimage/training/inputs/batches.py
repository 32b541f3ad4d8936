"""Batches of images or of frozen features, on the device that computes."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from medimage.data.labelled_pixels import LabelledPixels
from medimage.data.pixel_rows import PixelRows, Pixels
from medimage.training.inputs.prefetch import prefetch
from medimage.training.inputs.resident import hold_on_device, torch_type
from medimage.training.inputs.windows import read_rows, windows

LabelledBatches: TypeAlias = Generator[tuple[Tensor, Tensor], None, None]
"""Inputs and labels, batch by batch. Whoever does not run through them closes them: a thread may be reading ahead."""


@dataclass(frozen=True, kw_only=True)
class Batches:
    """Inputs with labels, in batches, the same ones wherever the inputs are.

    An accelerator gathers from its own memory where it holds the inputs. Else a thread reads ahead, into memory that
    the accelerator copies from while it computes; also on a CPU where the inputs are a file, so that a slow disk is
    read while the CPU computes. From the memory of a CPU, gathering uint8 pixels takes well under a hundredth of a
    training step, and nothing stands between. There are no worker processes.

    Attributes:
        inputs: uint8 pixels [images, height, width, channels] or float32 features [images, width]; a tensor where an
            accelerator holds them.
        labels: int64 [images].
        batch_size: Images per batch.
        device: Device the batches are on.
    """

    inputs: Pixels | NDArray[np.float32] | Tensor
    labels: NDArray[np.int64]
    batch_size: int
    device: torch.device

    @classmethod
    def of_pixels(cls, data: LabelledPixels, *, batch_size: int, device: torch.device) -> "Batches":
        """Returns the batches of one part of a split, held by an accelerator that has room for them."""
        return cls.of_inputs(data.pixels, data.labels, batch_size=batch_size, device=device)

    @classmethod
    def of_inputs(
        cls,
        inputs: Pixels | NDArray[np.float32],
        labels: NDArray[np.int64],
        *,
        batch_size: int,
        device: torch.device,
    ) -> "Batches":
        """Returns the batches of any inputs, held by an accelerator that has room for them."""
        held = hold_on_device(inputs, device=device)
        return cls(inputs=inputs if held is None else held, labels=labels, batch_size=batch_size, device=device)

    def __len__(self) -> int:
        return len(batch_bounds(len(self.labels), batch_size=self.batch_size))

    def in_order(self) -> LabelledBatches:
        """Yields inputs and labels in the order they are stored."""
        return self.of_rows(np.arange(len(self.labels)))

    def of_rows(self, rows: NDArray[np.int64]) -> LabelledBatches:
        """Yields inputs and labels of rows, in their order.

        Args:
            rows: int64: which images, some of them perhaps several times.
        """
        bounds = batch_bounds(len(rows), batch_size=self.batch_size)
        labels = torch.from_numpy(self.labels[rows]).to(self.device)
        inputs = self._gather([rows[start:stop] for start, stop in bounds])
        for (start, stop), batch in zip(bounds, inputs, strict=True):
            yield batch, labels[start:stop]

    def _gather(self, batches: Sequence[NDArray[np.int64]]) -> Iterator[Tensor]:
        inputs = self.inputs
        if isinstance(inputs, Tensor):
            return (inputs.index_select(0, rows) for rows in _uploaded(batches, inputs.device))
        if self.device.type == "cpu" and not isinstance(inputs, PixelRows | np.memmap):
            return (torch.from_numpy(inputs[rows]) for rows in batches)
        return self._read_ahead(inputs, batches)

    def _read_ahead(
        self, inputs: Pixels | NDArray[np.float32], batches: Sequence[NDArray[np.int64]]
    ) -> Iterator[Tensor]:
        pinned = self.device.type == "cuda"

        def read() -> Iterator[Sequence[Tensor]]:
            for window in windows(batches, row_bytes=inputs[:1].nbytes):
                # One tensor for each batch: the memory of one as large as a window would be asked for anew each time.
                held = [
                    torch.empty((len(rows), *inputs.shape[1:]), dtype=torch_type(inputs), pin_memory=pinned)
                    for rows in window
                ]
                read_rows(inputs, np.concatenate(window), into=[row for batch in held for row in batch.numpy()])
                yield held

        for window in prefetch(read, ahead=1):
            for batch in window:
                # From pinned memory the copy does not wait for the computation of the batch before.
                yield batch.to(self.device, non_blocking=pinned)


def _uploaded(batches: Sequence[NDArray[np.int64]], device: torch.device) -> Iterator[Tensor]:
    """Yields the rows of each batch on a device, copied once for all: a copy of each would wait for the step before."""
    if batches:
        yield from torch.from_numpy(np.concatenate(batches)).to(device).split([len(rows) for rows in batches])


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
