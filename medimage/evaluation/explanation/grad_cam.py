"""Grad-CAM: which places of the last feature map speak for a class.

Selvaraju et al. (2017), Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization, ICCV.
"""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from medimage.evaluation.explanation.heat_maps import HeatMaps, batched
from medimage.evaluation.explanation.places import located_gradient
from medimage.models.network import Network

_BATCH = 16


def grad_cam(network: Network, pixels: NDArray[np.uint8], classes: NDArray[np.int64]) -> HeatMaps:
    """Weighs each feature by its mean gradient over all places; a `HeatMapMethod`.

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

    def evidence(images: Tensor, chosen: Tensor) -> tuple[Tensor, str]:
        located = located_gradient(network, images, chosen)
        return weighed_by_gradient(located.features, located.gradient), located.layer

    return batched(pixels, classes, network=network, size=_BATCH, evidence=evidence)


def weighed_by_gradient(features: Tensor, gradient: Tensor) -> Tensor:
    """Adds up all features, each weighed by its mean gradient over all places: equations 1 and 2 without the ReLU.

    Args:
        features: Float, shape [images, channels, rows, columns].
        gradient: The gradient of a class's logit there, of the same shape.

    Returns:
        Float, shape [images, rows, columns].
    """
    return (gradient.mean(dim=(2, 3), keepdim=True) * features).sum(dim=1)
