"""Grad-CAM: which places of the last feature map speak for a class.

Selvaraju et al. (2017), Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization, ICCV.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from medimage.models.network import Network

_BATCH = 16
"""Images at a time, so that memory does not grow with the number of images."""

_LAST_FEATURES = "the last feature map"
_LAST_BLOCK = "the tokens before the last block"


class FeaturesWithoutPlacesError(ValueError):
    """A network's features cannot be laid out over the image."""


@dataclass(frozen=True, kw_only=True, eq=False)
class HeatMaps:
    """Heat maps of several images.

    Attributes:
        maps: float32, shape [images, height, width], in [0, 1]; all zeros where nothing speaks for the class.
        cells: Rows, and columns, of the features that the maps are enlarged from.
        layer: Which features those are, in words.
    """

    maps: NDArray[np.float32]
    cells: int
    layer: str


def grad_cam(network: Network, pixels: NDArray[np.uint8], classes: NDArray[np.int64]) -> HeatMaps:
    """Computes the heat map of one class for each image.

    The features are the last ones before pooling. Where the network answers from its class token alone, no place of
    those has a gradient; then the tokens that go into its last block are taken, from which the class token still
    gathers.

    Args:
        network: Network in evaluation mode.
        pixels: uint8, shape [images, height, width, channels], with at least one image.
        classes: int64, shape [images]: the class whose evidence is mapped.

    Raises:
        FeaturesWithoutPlacesError: If the network's features cannot be laid out over the image.
        ValueError: If there is no image.
    """
    if len(pixels) == 0:
        raise ValueError("Expected at least one image to map but got none")
    batches = [
        _maps_of_batch(network, pixels[start : start + _BATCH], classes[start : start + _BATCH])
        for start in range(0, len(pixels), _BATCH)
    ]
    maps = np.concatenate([batch.maps for batch in batches])
    return HeatMaps(maps=maps, cells=batches[0].cells, layer=batches[0].layer)


def _maps_of_batch(network: Network, pixels: NDArray[np.uint8], classes: NDArray[np.int64]) -> HeatMaps:
    device = next(network.parameters()).device
    images = network.prepare(torch.from_numpy(np.array(pixels)).to(device))
    chosen = torch.from_numpy(np.array(classes)).to(device)
    layer = _LAST_FEATURES
    features, gradient = _last_features(network, images, chosen)
    if _is_class_token_alone(features, gradient, network.backbone):
        layer = _LAST_BLOCK
        features, gradient = _tokens_before_last_block(network, images, chosen)
    activation, gradient = _as_maps(features, network.backbone), _as_maps(gradient, network.backbone)
    weights = gradient.mean(dim=(2, 3), keepdim=True)
    maps = functional.relu((weights * activation).sum(dim=1, keepdim=True)).float()
    maps = functional.interpolate(maps, size=pixels.shape[1:3], mode="bilinear", align_corners=False)[:, 0]
    peak = maps.amax(dim=(1, 2), keepdim=True)
    scaled = torch.where(peak > 0, maps / peak.clamp_min(torch.finfo(maps.dtype).tiny), maps)
    return HeatMaps(maps=scaled.cpu().numpy(), cells=activation.shape[2], layer=layer)


def _last_features(network: Network, images: Tensor, classes: Tensor) -> tuple[Tensor, Tensor]:
    """Returns the features before pooling, and the gradient of each image's class at them."""
    # Only the way from the features to the logits is differentiated, so only that way is recorded.
    with torch.no_grad():
        features = network.forward_features(images)
    if not isinstance(features, Tensor):
        raise FeaturesWithoutPlacesError(f"they are a {type(features).__name__} of several, not one map")
    with torch.enable_grad():
        features = features.detach().requires_grad_()
        return features.detach(), _gradient(network.forward_head(features), classes, features)


def _tokens_before_last_block(network: Network, images: Tensor, classes: Tensor) -> tuple[Tensor, Tensor]:
    """Returns the tokens that go into the last block, and the gradient of each image's class at them."""
    blocks = getattr(network.backbone, "blocks", None)
    if not isinstance(blocks, nn.Sequential | nn.ModuleList) or len(blocks) == 0:
        raise FeaturesWithoutPlacesError("the answer comes from the class token alone")
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
        raise FeaturesWithoutPlacesError("the answer comes from the class token alone")
    return tokens[0].detach(), _gradient(logits, classes, tokens[0])


def _gradient(logits: Tensor, classes: Tensor, features: Tensor) -> Tensor:
    (gradient,) = torch.autograd.grad(logits.gather(1, classes[:, None]).sum(), features)
    return gradient


def _is_class_token_alone(features: Tensor, gradient: Tensor, backbone: nn.Module) -> bool:
    """Whether the answer depends on the tokens before the grid, and on no place of the grid."""
    if features.ndim != 3:
        return False
    prefix = _tokens_before_grid(features.shape[1], backbone)
    return bool(gradient[:, :prefix].any()) and not bool(gradient[:, prefix:].any())


def _as_maps(features: Tensor, backbone: nn.Module) -> Tensor:
    """Returns features as [images, channels, rows, columns], whatever the backbone's own layout."""
    shape = list(features.shape[1:])
    width = int(getattr(backbone, "num_features", shape[0]))
    if features.ndim == 3:
        places = features[:, _tokens_before_grid(features.shape[1], backbone) :]
        side = math.isqrt(places.shape[1])
        maps = places.transpose(1, 2).reshape(len(features), -1, side, side)
    elif features.ndim == 4 and width in (shape[0], shape[2]):
        maps = features if shape[0] == width else features.permute(0, 3, 1, 2)
    else:
        raise FeaturesWithoutPlacesError(f"their shape, {shape} for one image, names no rows and columns")
    if maps.shape[2] < 2 or maps.shape[2] != maps.shape[3]:
        raise FeaturesWithoutPlacesError(f"they form a grid of {maps.shape[2]} x {maps.shape[3]}")
    return maps


def _tokens_before_grid(tokens: int, backbone: nn.Module) -> int:
    """Returns how many tokens stand for no place: what the backbone declares, or else none or one class token."""
    declared = int(getattr(backbone, "num_prefix_tokens", 0))
    # Some backbones declare no class token though they have one (VOLO, CoaT), and some put a declared one in only
    # after the blocks of patches (CaiT, XCiT). A grid is square, so its size tells: n and n - 1 are never both squares.
    for prefix in (declared, 0, 1):
        if tokens > prefix and math.isqrt(tokens - prefix) ** 2 == tokens - prefix:
            return prefix
    raise FeaturesWithoutPlacesError(f"{tokens} tokens form no square grid")
