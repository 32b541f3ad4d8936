"""Which parameters are trained."""

from typing import Any, Literal, cast

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from medimage.errors import ConfigurationError
from medimage.models.network import Network
from medimage.models.timm_library import group_with_matcher

# A name no pattern of timm matches: it lands in the group of what belongs to no block.
_NO_BLOCK = "?"


def freeze(
    network: Network,
    *,
    trainable: Literal["head", "all"] | int,
    batch_norm: Literal["trained", "frozen"] = "trained",
) -> None:
    """Lets gradients reach the head, everything, or the head and the last blocks of the backbone.

    `Network.train` keeps what is frozen here in evaluation mode.

    Args:
        network: Network to change.
        trainable: `head`, `all`, or the number of last blocks. A block is what timm's own grouping of layers calls
            one; norms and projections after the last block are trained with it.
        batch_norm: Whether the BatchNorm of what is trained is trained with it. A frozen one keeps its statistics, its
            scale and its shift, as torchvision's `FrozenBatchNorm2d` does.

    Raises:
        ConfigurationError: If the backbone has fewer blocks, timm does not know its blocks, or its BatchNorm cannot be
            frozen.
    """
    _freeze_blocks(network, trainable=trainable)
    if batch_norm == "frozen":
        _freeze_batch_norm(network)


def _freeze_blocks(network: Network, *, trainable: Literal["head", "all"] | int) -> None:
    network.requires_grad_(True)
    if trainable == "all":
        return
    network.backbone.requires_grad_(False)
    if trainable == "head":
        return
    chosen = last_blocks(network.backbone, trainable, name=network.spec.timm_name)
    for name, parameter in network.backbone.named_parameters():
        parameter.requires_grad_(name in chosen)


def _freeze_batch_norm(network: Network) -> None:
    for name, module in network.named_modules():
        if not isinstance(module, _BatchNorm):
            continue
        if not module.affine:
            # What is frozen is known by its parameters, also when the network is switched to training mode.
            raise ConfigurationError(
                f"Expected each BatchNorm of {network.spec.timm_name} to have a scale and a shift but {name} has none, "
                "so it cannot be frozen. Set batch_norm: trained."
            )
        module.requires_grad_(False)


def last_blocks(backbone: nn.Module, count: int, *, name: str, setting: str = "trainable") -> set[str]:
    """Returns the names of the parameters of the last blocks.

    Args:
        backbone: timm model without classifier.
        count: Number of blocks.
        name: timm's name of it, for messages.
        setting: What asks for them, for messages.

    Raises:
        ConfigurationError: If the backbone has fewer blocks, or timm does not know its blocks.
    """
    blocks = backbone_blocks(backbone, name=name)
    if count > len(blocks):
        raise ConfigurationError(
            f"Expected {setting} to be at most {len(blocks)}, the number of blocks of {name}, but got {count}. "
            f"Set {setting}: all to train everything."
        )
    return {entry for block in blocks[-count:] for entry in block}


def backbone_blocks(backbone: nn.Module, *, name: str) -> list[list[str]]:
    """Returns the names of the parameters of each block, from the input to the output.

    Args:
        backbone: timm model without classifier.
        name: timm's name of it, for messages.

    Raises:
        ConfigurationError: If timm does not know the blocks of this model.
    """
    if not hasattr(backbone, "group_matcher"):
        raise ConfigurationError(
            f"timm does not know the blocks of {name}, so its last ones cannot be trained alone. "
            "Set trainable to head or all."
        )
    matcher = cast(Any, backbone).group_matcher(coarse=False)
    named = [*backbone.named_parameters(), (_NO_BLOCK, None)]
    groups = list(group_with_matcher(cast(Any, iter(named)), matcher).values())
    blocks = [[entry for entry in group if entry != _NO_BLOCK] for group in groups]
    if _NO_BLOCK in groups[-1] and len(blocks) > 1:
        closing = blocks.pop()
        blocks[-1] += closing
    return [block for block in blocks if block]


def is_backbone_frozen(network: Network) -> bool:
    """Returns whether no gradient reaches the backbone, so that its features of an image never change."""
    return not any(parameter.requires_grad for parameter in network.backbone.parameters())


def trainable_parameters(network: nn.Module) -> int:
    """Returns the number of parameters that gradients reach."""
    return sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)


def total_parameters(network: nn.Module) -> int:
    """Returns the number of parameters."""
    return sum(parameter.numel() for parameter in network.parameters())
