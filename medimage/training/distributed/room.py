"""Whether this machine has what a recipe wants to train on."""

import torch

from medimage.config.training import TrainingConfig
from medimage.errors import ConfigurationError
from medimage.models.batch_limits import SMALLEST_BATCH
from medimage.models.device import resolve_device


def require_device(training: TrainingConfig, *, batch_size: int | None) -> None:
    """Looks for the device of a recipe, or for one in each of its processes.

    Args:
        training: Section `training` of the configuration.
        batch_size: Images per batch, of which every process takes its share; None where it is not known yet.

    Raises:
        ConfigurationError: If the device is not there, or not often enough, if it cannot be used by several processes,
            or if the batches are too small for them.
    """
    count, device = training.processes, resolve_device(training.device)
    if count == 1:
        return
    least = SMALLEST_BATCH * count
    if batch_size is not None and batch_size < least:
        raise ConfigurationError(
            f"training.processes is {count} and the batch size {batch_size}: BatchNorm needs two images in each "
            f"process. Set training.batch_size to at least {least}, or fewer training.processes."
        )
    if device.type == "mps":
        raise ConfigurationError(
            f"training.processes is {count}, but processes cannot exchange gradients on Apple's MPS: set "
            "training.processes: 1, or training.device: cpu."
        )
    if device.type == "cuda" and torch.cuda.device_count() < count:
        raise ConfigurationError(
            f"training.processes is {count} but there are {torch.cuda.device_count()} GPUs; each process needs its own."
        )
