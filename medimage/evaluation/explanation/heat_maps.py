"""What every method that explains a prediction gives, and what it is asked."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from medimage.models.network import Network


class CannotExplainError(ValueError):
    """A method is not defined for a network."""


class FeaturesWithoutPlacesError(CannotExplainError):
    """A network's features cannot be laid out over the image."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"this network's features have no places: {reason}")


@dataclass(frozen=True, kw_only=True, eq=False)
class HeatMaps:
    """Heat maps of several images.

    Attributes:
        maps: float32, shape [images, height, width], in [0, 1]; all zeros where nothing speaks for the class.
        evidence: float32, shape [images, rows, columns]: what the maps were enlarged from, below 0 where it speaks
            against the class.
        layer: What was mapped, in words.
        remark: What a reader must know of these very maps; empty where there is nothing.
    """

    maps: NDArray[np.float32]
    evidence: NDArray[np.float32]
    layer: str
    remark: str = ""

    def __post_init__(self) -> None:
        if not (np.isfinite(self.maps).all() and np.isfinite(self.evidence).all()):
            raise CannotExplainError("its maps hold values that are no numbers, so the network's weights or outputs do")

    @property
    def cells(self) -> int:
        """Rows, and columns, of what the maps were enlarged from."""
        return self.evidence.shape[1]


class HeatMapMethod(Protocol):
    """Maps what speaks for one class in each image."""

    def __call__(self, network: Network, pixels: NDArray[np.uint8], classes: NDArray[np.int64], /) -> HeatMaps:
        """Computes the heat map of one class for each image.

        Test-time augmentation is left out: a map is of the image as it is.

        Args:
            network: Network in evaluation mode; its parameters are left as they are.
            pixels: uint8, shape [images, height, width, channels], with at least one image.
            classes: int64, shape [images]: the class whose evidence is mapped.

        Raises:
            CannotExplainError: If the method is not defined for this network.
            ValueError: If there is no image.
        """
        ...


def batched(
    pixels: NDArray[np.uint8],
    classes: NDArray[np.int64],
    *,
    network: Network,
    size: int,
    evidence: Callable[[Tensor, Tensor], tuple[Tensor, str]],
) -> HeatMaps:
    """Computes maps of some images at a time, so that memory does not grow with the number of images.

    Args:
        pixels: uint8, shape [images, height, width, channels].
        classes: int64, shape [images].
        network: Prepares the pixels.
        size: Images at a time.
        evidence: Prepared images [images, 3, height, width] and their classes → what speaks for them, float
            [images, rows, columns], below 0 where it speaks against; and what was mapped, in words.

    Raises:
        ValueError: If there is no image.
    """
    if len(pixels) == 0:
        raise ValueError("Expected at least one image to map but got none")
    device = next(network.parameters()).device
    found = [
        evidence(
            network.prepare(torch.from_numpy(np.array(pixels[start : start + size])).to(device)),
            torch.from_numpy(np.array(classes[start : start + size])).to(device),
        )
        for start in range(0, len(pixels), size)
    ]
    places = torch.cat([values for values, _ in found]).float()
    maps = enlarged(places, size=pixels.shape[1:3]).cpu().numpy()
    return HeatMaps(maps=maps, evidence=places.cpu().numpy(), layer=found[0][1])


def enlarged(evidence: Tensor, *, size: tuple[int, ...]) -> Tensor:
    """Keeps what speaks for the class, enlarges it bilinearly, and scales each map to its own peak.

    Args:
        evidence: Float32, shape [images, rows, columns], below 0 where it speaks against.
        size: Height and width of the maps, in pixels.

    Returns:
        Float32, shape [images, height, width], in [0, 1]; all zeros where nothing speaks for the class.
    """
    maps = functional.relu(evidence[:, None])
    return scaled_to_peak(functional.interpolate(maps, size=size, mode="bilinear", align_corners=False)[:, 0])


def scaled_to_peak(maps: Tensor) -> Tensor:
    """Scales each map to its own peak; a map of zeros stays one.

    Args:
        maps: Float32, shape [images, height, width], at least 0.
    """
    peak = maps.amax(dim=(1, 2), keepdim=True)
    return torch.where(peak > 0, maps / peak.clamp_min(torch.finfo(maps.dtype).tiny), maps)
