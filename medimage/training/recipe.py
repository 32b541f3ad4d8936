"""Optimizers with one learning rate for the head and one for the backbone."""

from typing import Any

import torch
from torch.optim import SGD, Adam, Adamax, AdamW, Optimizer

from medimage.config.stage import StageConfig
from medimage.models.network import Network

# Devices for which PyTorch has one kernel that updates all parameters. On a CPU it is three times as fast as the loop.
_FUSED_DEVICES = frozenset({"cpu", "cuda", "mps"})


def parameter_groups(network: Network, stage: StageConfig) -> list[dict[str, Any]]:
    """Returns the trained parameters: the head's, then the backbone's where it is not frozen.

    Args:
        network: Network, with what is not to be trained frozen.
        stage: Recipe of the stage.
    """
    head = [parameter for parameter in network.head.parameters() if parameter.requires_grad]
    backbone = [parameter for parameter in network.backbone.parameters() if parameter.requires_grad]
    head_rate, backbone_rate = stage.rates
    groups: list[dict[str, Any]] = [{"name": "head", "params": head, "lr": head_rate}]
    if backbone:
        groups.append({"name": "backbone", "params": backbone, "lr": backbone_rate})
    return groups


def build_optimizer(network: Network, stage: StageConfig) -> Optimizer:
    """Builds the optimizer of a stage; weight decay applies to all trained parameters alike.

    Args:
        network: Network on its device, with what is not to be trained frozen.
        stage: Recipe of the stage.
    """
    groups = parameter_groups(network, stage)
    fused = next(network.parameters()).device.type in _FUSED_DEVICES
    decay = stage.weight_decay
    match stage.optimizer:
        case "adam":
            return Adam(groups, weight_decay=decay, fused=fused)
        case "adamw":
            return AdamW(groups, weight_decay=decay, fused=fused)
        case "adamax":
            return Adamax(groups, weight_decay=decay)
        case "sgd":
            return _without_undefined_momentum(SGD(groups, weight_decay=decay, momentum=stage.momentum, fused=fused))


def _without_undefined_momentum(optimizer: SGD) -> SGD:
    """Gives every parameter a momentum of 0, from which the first step makes the same as from none.

    A fused SGD makes room for it in its first step and has the kernel write there. A step that is left out because
    gradients are not finite, as the first ones in fp16 often are, would leave there what was in memory before.
    """
    for group in optimizer.param_groups:
        if group["momentum"] > 0:
            for parameter in group["params"]:
                optimizer.state[parameter]["momentum_buffer"] = torch.zeros_like(parameter, requires_grad=False)
    return optimizer


def learning_rates(optimizer: Optimizer) -> dict[str, float]:
    """Returns the current learning rate of each group by its name, `head` and, where it is trained, `backbone`."""
    return {group["name"]: float(group["lr"]) for group in optimizer.param_groups}
