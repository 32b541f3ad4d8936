"""HiResCAM: which places of the last feature map moved the score of a class.

Draelos and Carin (2020), Use HiResCAM instead of Grad-CAM for faithful explanations of convolutional neural networks,
arXiv:2011.08891.
"""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from medimage.evaluation.explanation.heat_maps import HeatMaps, batched
from medimage.evaluation.explanation.places import located_gradient
from medimage.models.network import Network

_BATCH = 16


def hires_cam(network: Network, pixels: NDArray[np.uint8], classes: NDArray[np.int64]) -> HeatMaps:
    """Weighs each feature at each place by its gradient there; a `HeatMapMethod`.

    Grad-CAM averages the gradient over all places first, and may so show places that the network did not use. Of a
    network that averages its features over all places, as most convolutional ones do, the gradient is the same
    everywhere, and so are the maps of both: HiResCAM tells more only of others, such as vision transformers.

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
        return (located.gradient * located.features).sum(dim=1), located.layer

    return batched(pixels, classes, network=network, size=_BATCH, evidence=evidence)
