"""Features that lie at places of the image, whatever a backbone's layout of them."""

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from medimage.evaluation.explanation.heat_maps import FeaturesWithoutPlacesError
from medimage.models.network import Network

LAST_FEATURES = "the last feature map"
LAST_BLOCK = "the tokens before the last block"
_NO_PLACE_COUNTS = "the answer comes from the class token alone"


@dataclass(frozen=True, kw_only=True, eq=False)
class LocatedGradient:
    """Features at places of the image, and the gradient of each image's class there.

    Attributes:
        features: Float, shape [images, channels, rows, columns].
        gradient: The same of the gradient.
        layer: Which features those are, in words.
    """

    features: Tensor
    gradient: Tensor
    layer: str


def located_gradient(network: Network, images: Tensor, classes: Tensor) -> LocatedGradient:
    """Returns the last features before pooling, and the gradient of each image's class there.

    Where the network answers from its class token alone, no place of those has a gradient; then the tokens that go
    into its last block are taken, from which the class token still gathers.

    Args:
        network: Network in evaluation mode.
        images: Float [images, 3, height, width], prepared.
        classes: int64, shape [images].

    Raises:
        FeaturesWithoutPlacesError: If the network's features cannot be laid out over the image.
    """
    layer = LAST_FEATURES
    features = last_features(network, images)
    with torch.enable_grad():
        features.requires_grad_()
        gradient = _gradient(network.forward_head(features), classes, features)
    if _is_class_token_alone(features, gradient, network.backbone):
        layer = LAST_BLOCK
        features, gradient = _tokens_before_last_block(network, images, classes)
    return LocatedGradient(
        features=as_maps(features.detach(), network.backbone), gradient=as_maps(gradient, network.backbone), layer=layer
    )


def last_features(network: Network, images: Tensor) -> Tensor:
    """Returns the features before pooling, in the backbone's own layout; what made them is not recorded.

    Args:
        network: Network in evaluation mode.
        images: Float [images, 3, height, width], prepared.

    Raises:
        FeaturesWithoutPlacesError: If there are several.
    """
    with torch.no_grad():
        features = network.forward_features(images)
    if not isinstance(features, Tensor):
        raise FeaturesWithoutPlacesError(f"they are a {type(features).__name__} of several, not one map")
    return features.detach()


def as_maps(features: Tensor, backbone: nn.Module) -> Tensor:
    """Returns features as [images, channels, rows, columns], whatever the backbone's own layout.

    Args:
        features: What the backbone gave, or what has its shape.
        backbone: timm model.

    Raises:
        FeaturesWithoutPlacesError: If they form no square grid of at least two rows.
    """
    shape = list(features.shape[1:])
    if features.ndim == 3:
        places = features[:, tokens_before_grid(features.shape[1], backbone) :]
        side = math.isqrt(places.shape[1])
        maps = places.transpose(1, 2).reshape(len(features), -1, side, side)
    elif features.ndim == 4 and _width(features, backbone) in (shape[0], shape[2]):
        maps = features.movedim(channel_axis(features, backbone), 1)
    else:
        raise FeaturesWithoutPlacesError(f"their shape, {shape} for one image, names no rows and columns")
    if maps.shape[2] < 2 or maps.shape[2] != maps.shape[3]:
        raise FeaturesWithoutPlacesError(f"they form a grid of {maps.shape[2]} x {maps.shape[3]}")
    return maps


def channel_axis(features: Tensor, backbone: nn.Module) -> int:
    """Returns the axis of features along which their channels lie."""
    return 1 if features.ndim == 4 and features.shape[1] == _width(features, backbone) else features.ndim - 1


def tokens_before_grid(tokens: int, backbone: nn.Module) -> int:
    """Returns how many tokens stand for no place: what the backbone declares, or else none or one class token.

    Args:
        tokens: All tokens of an image.
        backbone: timm model.

    Raises:
        FeaturesWithoutPlacesError: If the others form no square grid.
    """
    declared = int(getattr(backbone, "num_prefix_tokens", 0))
    # Some backbones declare no class token though they have one (VOLO, CoaT), and some put a declared one in only
    # after the blocks of patches (CaiT, XCiT). A grid is square, so its size tells: n and n - 1 are never both squares.
    for prefix in (declared, 0, 1):
        if tokens > prefix and math.isqrt(tokens - prefix) ** 2 == tokens - prefix:
            return prefix
    raise FeaturesWithoutPlacesError(f"{tokens} tokens form no square grid")


def _width(features: Tensor, backbone: nn.Module) -> int:
    return int(getattr(backbone, "num_features", features.shape[1]))


def _tokens_before_last_block(network: Network, images: Tensor, classes: Tensor) -> tuple[Tensor, Tensor]:
    """Returns the tokens that go into the last block, and the gradient of each image's class at them."""
    blocks = getattr(network.backbone, "blocks", None)
    if not isinstance(blocks, nn.Sequential | nn.ModuleList) or len(blocks) == 0:
        raise FeaturesWithoutPlacesError(_NO_PLACE_COUNTS)
    tokens: list[Tensor] = []

    def replace(_: nn.Module, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
        # Blocks that work on two scales take the finer tokens as well, as a batch of their own.
        place = next(
            (index for index, value in enumerate(arguments) if isinstance(value, Tensor) and len(value) == len(images)),
            None,
        )
        if place is None:
            return arguments
        tokens.append(arguments[place].detach().requires_grad_())
        return (*arguments[:place], tokens[-1], *arguments[place + 1 :])

    handle = blocks[-1].register_forward_pre_hook(replace)
    try:
        with torch.enable_grad():
            logits = network.forward_head(network.forward_features(images))
    finally:
        handle.remove()
    if len(tokens) != 1:
        raise FeaturesWithoutPlacesError(_NO_PLACE_COUNTS)
    return tokens[0], _gradient(logits, classes, tokens[0])


def _gradient(logits: Tensor, classes: Tensor, features: Tensor) -> Tensor:
    (gradient,) = torch.autograd.grad(logits.gather(1, classes[:, None]).sum(), features)
    return gradient


def _is_class_token_alone(features: Tensor, gradient: Tensor, backbone: nn.Module) -> bool:
    """Whether the answer depends on the tokens before the grid, and on no place of the grid."""
    if features.ndim != 3:
        return False
    prefix = tokens_before_grid(features.shape[1], backbone)
    return bool(gradient[:, :prefix].any()) and not bool(gradient[:, prefix:].any())
