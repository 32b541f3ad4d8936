"""Where, in which numbers and in which batches a stage computes."""

from dataclasses import dataclass

import torch

from medimage.models.device import Precision
from medimage.training.distributed.processes import ALONE, Processes


@dataclass(frozen=True, kw_only=True)
class StageSetting:
    """Where, in which numbers and in which batches a stage computes.

    Attributes:
        stage: 1 or 2.
        seed: The run's seed.
        batch_size: Images per batch.
        accumulation: Batches whose gradients are added up before a step.
        device: Device to compute on.
        precision: Arithmetic of the forward pass.
        processes: Those that train together; each computes on a device of its own.
    """

    stage: int
    seed: int
    batch_size: int
    accumulation: int
    device: torch.device
    precision: Precision
    processes: Processes = ALONE
