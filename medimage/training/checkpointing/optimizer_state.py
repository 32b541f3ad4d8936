"""What an optimizer remembers of its parameters, as named tensors."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from medimage.training.checkpointing.changing_state import copy_to_host


def copy_optimizer(optimizer: Optimizer) -> dict[str, Tensor]:
    """Returns a copy of moments and step counts, on the CPU, named by the number of the parameter: `3.exp_avg`.

    Learning rates are not among them: the schedule has them.
    """
    return {
        f"{index}.{name}": copy_to_host(value)
        for index, values in optimizer.state_dict()["state"].items()
        for name, value in values.items()
        if isinstance(value, Tensor)
    }


def restore_optimizer(optimizer: Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Goes on from what `copy_optimizer` gave of an optimizer of the same parameters.

    `Optimizer.load_state_dict` would keep the memory layout of the copies. A fused kernel walks through parameter and
    moments side by side, so they must lie in memory alike.

    Raises:
        ValueError: If a tensor belongs to no parameter.
    """
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    by_parameter: dict[int, dict[str, Any]] = {}
    for key, value in tensors.items():
        index, _, name = key.partition(".")
        if not index.isdecimal() or int(index) >= len(parameters):
            raise ValueError(f"the optimizer has no parameter {index}")
        parameter = parameters[int(index)]
        by_parameter.setdefault(int(index), {})[name] = _like(parameter, value, fused=_is_fused(optimizer))
    optimizer.state.clear()
    for index, values in by_parameter.items():
        optimizer.state[parameters[index]] = values


def _like(parameter: Tensor, value: Tensor, *, fused: bool) -> Tensor:
    if value.shape == parameter.shape and value.ndim > 0:
        return torch.empty_like(parameter, requires_grad=False).copy_(value)
    # Step counts stay on the CPU, unless the fused kernel of an accelerator counts itself.
    return value.to(parameter.device, copy=True) if fused else value.clone()


def _is_fused(optimizer: Optimizer) -> bool:
    return any(group.get("fused") for group in optimizer.param_groups)
