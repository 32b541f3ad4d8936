"""Ablation-CAM: which places hold the features without which the score of a class falls. It needs no gradient.

Ramaswamy and Desai (2020), Ablation-CAM: Visual Explanations for Deep Convolutional Network via Gradient-free
Localization, WACV.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from medimage.evaluation.explanation.heat_maps import FeaturesWithoutPlacesError, HeatMaps, batched
from medimage.evaluation.explanation.places import (
    LAST_FEATURES,
    as_maps,
    channel_axis,
    last_features,
    tokens_before_grid,
)
from medimage.models.network import Network

_VALUES_AT_ONCE = 20_000_000
"""Values of ablated features held at a time: 80 MB."""


def ablation_cam(network: Network, pixels: NDArray[np.uint8], classes: NDArray[np.int64]) -> HeatMaps:
    """Weighs each feature by how much the score falls when it is set to 0 at all places; a `HeatMapMethod`.

    Of the methods without gradient it is the one that a CPU can afford: the features are computed once for an image,
    and only what stands behind them (pooling and head) runs again for each feature, while Score-CAM runs the whole
    network for each, and RISE some thousand times.

    The paper divides the fall by the score itself. That scales a map as a whole, which is scaled to its peak anyway,
    and would turn it over where the score is below 0.

    Args:
        network: Network in evaluation mode.
        pixels: uint8, shape [images, height, width, channels], with at least one image.
        classes: int64, shape [images]: the class whose evidence is mapped.

    Raises:
        FeaturesWithoutPlacesError: If the network's features cannot be laid out over the image, or the network
            answers from its class token alone.
        ValueError: If there is no image.
    """

    def evidence(images: Tensor, chosen: Tensor) -> tuple[Tensor, str]:
        features = last_features(network, images)
        maps = as_maps(features, network.backbone)
        falls = _falls(network, features, int(chosen))
        return (falls[None, :, None, None] * maps).sum(dim=1), LAST_FEATURES

    return batched(pixels, classes, network=network, size=1, evidence=evidence)


def _falls(network: Network, features: Tensor, class_index: int) -> Tensor:
    """Returns by how much the score falls without each feature, shape [channels].

    Args:
        network: Network in evaluation mode.
        features: Of one image, in the backbone's own layout.
        class_index: Whose score.
    """
    axis = channel_axis(features, network.backbone)
    prefix = tokens_before_grid(features.shape[1], network.backbone) if features.ndim == 3 else 0
    count = features.shape[axis]
    at_once = max(1, _VALUES_AT_ONCE // features.numel())

    def score(ablated: Tensor) -> Tensor:
        return network.forward_head(ablated)[:, class_index]

    with torch.inference_mode():
        whole = score(features)
        if prefix:
            without_places = features.clone()
            without_places[:, prefix:] = 0
            if bool(score(without_places) == whole):
                raise FeaturesWithoutPlacesError(
                    "the answer comes from the class token alone, and without a gradient it takes a pass through the "
                    "whole network for each feature to look before it"
                )
        falls = []
        for start in range(0, count, at_once):
            channels = torch.arange(start, min(start + at_once, count), device=features.device)
            ablated = features.repeat(len(channels), *[1] * (features.ndim - 1))
            of_channel = ablated.movedim(axis, 1)
            # Tokens before the grid are no places, so they keep their features.
            of_channel[torch.arange(len(channels)), channels, prefix:] = 0
            falls.append(whole - score(ablated))
    return torch.cat(falls)
