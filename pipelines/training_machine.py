"""Where a run trains, as far as it decides how much fits into memory."""

import psutil

from medimage.config.training import DeviceName
from medimage.machine import processor_name
from pipelines.stacks.active import active_definition, runs_elsewhere


def training_machine(device: DeviceName) -> str:
    """Returns the GPU or else the processor that trains, with its memory, in words.

    In a cluster it is what the stack asks for: the pod that begins the steps, which asks this, is not the one that
    trains.

    Args:
        device: Section `training.device`.
    """
    stack = active_definition()
    if runs_elsewhere() and stack is not None:
        return stack.steps.needs_of("train_stage1").model_dump_json(exclude_none=True)
    import torch  # noqa: PLC0415  # takes seconds to import, and is asked for where a batch size is to be found only

    if device in ("auto", "cuda") and torch.cuda.is_available():
        properties = torch.cuda.get_device_properties(0)
        return f"{properties.name}, {properties.total_memory / 2**30:.0f} GiB"
    return f"{processor_name()}, {psutil.virtual_memory().total / 2**30:.0f} GiB"
