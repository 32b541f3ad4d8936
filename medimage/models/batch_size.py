"""How many images make a training batch."""

import math
from typing import Final, Literal

from medimage.config.run import RunConfig
from medimage.models.architectures import Architecture
from medimage.models.batch_limits import LARGEST_BATCH, SMALLEST_BATCH

DEFAULT_BATCH_SIZE: Final = 32
"""Where neither the configuration nor the architecture says. The last resort of the lung system's order."""


def configured_batch_size(config: RunConfig) -> int | Literal["auto"] | None:
    """Returns the batch size that the configuration gives for its model, or None where it gives none.

    Args:
        config: The run's configuration.
    """
    given = (config.training.batch_sizes.get(config.model.name), config.data.batch_size, config.training.batch_size)
    return next((size for size in given if size is not None), None)


def resolve_batch_size(
    config: RunConfig, architecture: Architecture, *, gpu_memory_gib: float | None = None
) -> int | Literal["auto"]:
    """Returns the first batch size that is given; `auto` where it is to be found by trying.

    The order: the model's entry in `training.batch_sizes`, `data.batch_size`, `training.batch_size`, what the
    architecture table gives for the memory at hand, and 32. Entries of the table are scaled by powers of two to that
    memory, and to no more than 256 images.

    Args:
        config: The run's configuration.
        architecture: The network to be trained, found by `config.model.name`.
        gpu_memory_gib: Memory of the GPU to train on, in GiB; with None, batches suit the smallest GPU of the table.
    """
    given = configured_batch_size(config)
    if given is not None:
        return given
    return _for_memory(architecture, gpu_memory_gib) or DEFAULT_BATCH_SIZE


def _for_memory(architecture: Architecture, gpu_memory_gib: float | None) -> int | None:
    """Returns the entry of the largest memory that is there, doubled or halved to what memory there is."""
    if gpu_memory_gib is None or not architecture.batch_sizes:
        return architecture.batch_size
    # A card sold as 8 GB offers a little less than 8 GiB.
    available = gpu_memory_gib / 0.9
    fitting = [entry for entry in architecture.batch_sizes if entry[0] <= available]
    memory, images = fitting[-1] if fitting else architecture.batch_sizes[0]
    # Activations, which take most of the memory, grow in proportion to the batch; powers of two suit the hardware.
    scaled = int(images * 2.0 ** math.floor(math.log2(available / memory)))
    return max(SMALLEST_BATCH, min(scaled, max(images, LARGEST_BATCH)))
