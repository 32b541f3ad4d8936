"""Grad-CAM: which places of the last feature map speak for a class.

Selvaraju et al. (2017), Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization, ICCV.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from medimage.models.network import Network

_BATCH = 16
"""Images at a time, so that memory does not grow with the number of images."""


def grad_cam(network: Network, pixels: NDArray[np.uint8], classes: NDArray[np.int64]) -> NDArray[np.float32]:
    """Computes the heat map of one class for each image.

    Args:
        network: Network in evaluation mode.
        pixels: uint8, shape [images, height, width, channels].
        classes: int64, shape [images]: the class whose evidence is mapped.

    Returns:
        float32, shape [images, height, width], in [0, 1]; all zeros where nothing speaks for the class.
    """
    maps = [
        _maps_of_batch(network, pixels[start : start + _BATCH], classes[start : start + _BATCH])
        for start in range(0, len(pixels), _BATCH)
    ]
    return np.concatenate(maps) if maps else np.zeros(pixels.shape[:3], dtype=np.float32)


def _maps_of_batch(network: Network, pixels: NDArray[np.uint8], classes: NDArray[np.int64]) -> NDArray[np.float32]:
    device = next(network.parameters()).device
    # Only the way from the features to the logits is differentiated, so only that way is recorded.
    with torch.no_grad():
        features = network.forward_features(network.prepare(torch.from_numpy(np.array(pixels)).to(device)))
    with torch.enable_grad():
        features = features.detach().requires_grad_()
        logits = network.forward_head(features)
        chosen = logits.gather(1, torch.from_numpy(np.array(classes)).to(device)[:, None])
        (gradient,) = torch.autograd.grad(chosen.sum(), features)
    activation, gradient = _as_maps(features.detach(), network), _as_maps(gradient, network)
    weights = gradient.mean(dim=(2, 3), keepdim=True)
    maps = functional.relu((weights * activation).sum(dim=1, keepdim=True)).float()
    maps = functional.interpolate(maps, size=pixels.shape[1:3], mode="bilinear", align_corners=False)[:, 0]
    peak = maps.amax(dim=(1, 2), keepdim=True)
    return torch.where(peak > 0, maps / peak.clamp_min(torch.finfo(maps.dtype).tiny), maps).cpu().numpy()


def _as_maps(features: Tensor, network: Network) -> Tensor:
    """Returns features as [images, channels, rows, columns], whatever the backbone's own layout."""
    width = int(getattr(network.backbone, "num_features", features.shape[1]))
    if features.ndim == 4:
        channels_last = features.shape[1] != width and features.shape[3] == width
        return features.permute(0, 3, 1, 2) if channels_last else features
    # Tokens: those before the grid stand for no place in the image.
    prefix = int(getattr(network.backbone, "num_prefix_tokens", 1))
    places = features[:, prefix:]
    side = round(places.shape[1] ** 0.5)
    if side * side != places.shape[1]:
        raise ValueError(f"Expected a square grid of tokens but got {places.shape[1]} after {prefix} others")
    return places.transpose(1, 2).reshape(len(features), -1, side, side)
