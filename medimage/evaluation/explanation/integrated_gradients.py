"""Integrated gradients: how much each pixel added to the score of a class, on the way from a gray image.

Sundararajan, Taly and Yan (2017), Axiomatic Attribution for Deep Networks, ICML; computed by Captum.
"""

from dataclasses import replace

import numpy as np
import torch
from captum.attr import IntegratedGradients
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from medimage.evaluation.explanation.heat_maps import HeatMaps, batched
from medimage.models.network import Network

STEPS = 12
"""Points of the Gauss-Legendre rule on the way from the gray image to the image. How well they do is told."""

_LARGEST_GAP = 0.1
"""Share of the score's change that may be missed without a word of warning."""

_BATCH = 16

_CELLS = 16
"""Rows of cells over which attributions are added up: single pixels are noise, and people see patches."""


def integrated_gradients(network: Network, pixels: NDArray[np.uint8], classes: NDArray[np.int64]) -> HeatMaps:
    """Adds up over cells of pixels how much each pixel added to the score; a `HeatMapMethod`.

    It looks at the whole network, not at one layer, and needs no feature map: it serves every network.

    Args:
        network: Network in evaluation mode.
        pixels: uint8, shape [images, height, width, channels], with at least one image.
        classes: int64, shape [images]: the class whose evidence is mapped.

    Raises:
        ValueError: If there is no image.
    """
    gaps: list[Tensor] = []

    def evidence(images: Tensor, chosen: Tensor) -> tuple[Tensor, str]:
        attributions, gap = attributed(network, images, chosen)
        gaps.append(gap)
        side = min(_CELLS, images.shape[2])
        # The mean over a cell is, but for the cell's size, what its pixels add to the score together.
        return functional.adaptive_avg_pool2d(attributions[:, None], side)[:, 0], "all pixels"

    found = batched(pixels, classes, network=network, size=_BATCH, evidence=evidence)
    gap = float(torch.cat(gaps).median())
    remark = f"What the pixels add up to differs from the score's change by {100 * gap:.1f} % (median)."
    return replace(found, remark=remark if gap <= _LARGEST_GAP else f"{remark} That is much: the maps may be wrong.")


def attributed(network: Network, images: Tensor, classes: Tensor, *, steps: int = STEPS) -> tuple[Tensor, Tensor]:
    """Returns how much each pixel added to its class's score, from an image of the training images' mean.

    Args:
        network: Network in evaluation mode.
        images: Float [images, 3, height, width], prepared: 0 is the mean of the training images.
        classes: int64, shape [images].
        steps: Points of the Gauss-Legendre rule.

    Returns:
        Float [images, height, width], the sum over channels; and for each image by how much their sum differs from the
        change of the score, as a share of it. It would be 0 if the integral were exact.
    """

    def scores(prepared: Tensor) -> Tensor:
        return network.forward_head(network.forward_features(prepared))

    baseline = torch.zeros_like(images)
    attributions = IntegratedGradients(scores).attribute(
        images, baselines=baseline, target=classes, n_steps=steps, internal_batch_size=max(_BATCH, len(images))
    )
    of_pixels = attributions.detach().sum(dim=1)
    with torch.inference_mode():
        change = (scores(images) - scores(baseline)).gather(1, classes[:, None])[:, 0]
    missing = (of_pixels.sum(dim=(1, 2)) - change).abs()
    return of_pixels, missing / change.abs().clamp_min(torch.finfo(change.dtype).eps)
