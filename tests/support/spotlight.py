"""A network whose reasons are known: it looks for one bright square, and images have one or none."""

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from timm.models import register_model
from torch import Tensor, nn
from torch.nn import functional

from medimage.data.box import Box
from medimage.data.labelled_pixels import LabelledPixels
from medimage.models.network import Network
from tests.support.training import specification

CELL = 8
SIZE = 32


class CellMeans(nn.Module):
    """A backbone with one feature: how far each cell of 8 x 8 pixels is brighter than gray."""

    num_features = 1

    def __init__(self) -> None:
        super().__init__()
        self.contrast = nn.Parameter(torch.ones(1))

    def forward_features(self, images: Tensor) -> Tensor:
        return functional.relu(functional.avg_pool2d(self.contrast * images[:, :1], CELL))

    def forward_head(self, features: Tensor, *, pre_logits: bool) -> Tensor:
        assert pre_logits
        return features.mean(dim=(2, 3))


@register_model
def cell_means(pretrained: bool = False, **_: Any) -> CellMeans:
    """Returns the backbone, as timm would: what is built from the network's specification is then of its kind."""
    assert not pretrained
    return CellMeans()


def spotlight_network() -> Network:
    """Returns the network; class 0 is `dark`, class 1 is `lit`."""
    head = nn.Linear(1, 2)
    with torch.no_grad():
        head.weight.copy_(torch.tensor([[-20.0], [20.0]]))
        head.bias.copy_(torch.tensor([2.0, -2.0]))
    spec = replace(specification(classes=2, size=SIZE), timm_name="cell_means")
    return Network(spec=spec, backbone=CellMeans(), head=head).eval()


def spotlight_images(count: int, *, seed: int) -> tuple[LabelledPixels, list[Box]]:
    """Returns images of the class `lit`, and the bright square of each."""
    generator = np.random.default_rng(seed)
    pixels = generator.integers(30, 60, (count, SIZE, SIZE, 1), dtype=np.uint8)
    boxes = []
    for image in pixels:
        top, left = (generator.integers(0, SIZE // CELL, 2) * CELL).tolist()
        image[top : top + CELL, left : left + CELL] = 250
        boxes.append(Box(left=left, top=top, right=left + CELL, bottom=top + CELL))
    names = tuple(f"{seed}-{number}" for number in range(count))
    images = LabelledPixels(
        image_ids=names, groups=names, pixels=pixels, labels=np.ones(count, dtype=np.int64), classes=("dark", "lit")
    )
    return images, boxes
