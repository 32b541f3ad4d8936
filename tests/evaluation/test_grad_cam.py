from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from medimage.evaluation.grad_cam import grad_cam
from medimage.models.build import build_network
from tests.support.spotlight import spotlight_images, spotlight_network
from tests.support.training import specification


@pytest.mark.parametrize(
    ("name", "size", "options"),
    [
        ("test_resnet", 64, {}),
        ("test_vit", 160, {}),
        ("mobilenetv3_small_050", 64, {}),
        ("swin_tiny_patch4_window7_224", 64, {"depths": (1, 1), "embed_dim": 16, "num_heads": (1, 2)}),
    ],
)
@pytest.mark.parametrize("channels", [1, 3])
def test_every_layout_of_features_gives_maps_of_the_images_size(
    name: str, size: int, options: dict[str, Any], channels: int
) -> None:
    network = build_network(specification(name, size=size, channels=channels, options=options), seed=1).eval()
    pixels = np.random.default_rng(0).integers(0, 256, (3, size, size, channels), dtype=np.uint8)
    maps = grad_cam(network, pixels, np.array([0, 1, 2]))
    assert maps.shape == (3, size, size)
    assert maps.dtype == np.float32
    assert maps.min() >= 0
    assert all(one.max() == pytest.approx(1, abs=1e-6) or one.max() == 0 for one in maps)


def test_map_is_hottest_where_the_network_looks() -> None:
    images, boxes = spotlight_images(12, seed=0)
    maps = grad_cam(spotlight_network(), images.pixels, np.ones(12, dtype=np.int64))
    for one, box in zip(maps, boxes, strict=True):
        row, column = np.unravel_index(int(one.argmax()), one.shape)
        assert box.contains(row=int(row), column=int(column))


def test_map_equals_the_formula_of_the_paper() -> None:
    images, _ = spotlight_images(1, seed=3)
    network = spotlight_network()
    features = network.forward_features(network.prepare(torch.from_numpy(images.pixels)))
    # Of a linear head on averaged features, each of the n places has the gradient w / n, and so has their mean.
    enlarged = functional.interpolate(features, size=images.pixels.shape[1:3], mode="bilinear")[0, 0]
    found = grad_cam(network, images.pixels, np.array([1]))[0]
    np.testing.assert_allclose(found, (enlarged / enlarged.max()).numpy(), atol=1e-6)


def test_map_is_zero_where_nothing_speaks_for_the_class() -> None:
    images, _ = spotlight_images(2, seed=0)
    assert grad_cam(spotlight_network(), images.pixels, np.zeros(2, dtype=np.int64)).max() == 0


def test_maps_do_not_depend_on_the_other_images() -> None:
    images, _ = spotlight_images(20, seed=5)
    together = grad_cam(spotlight_network(), images.pixels, np.ones(20, dtype=np.int64))
    alone = grad_cam(spotlight_network(), images.pixels[17:18], np.ones(1, dtype=np.int64))
    np.testing.assert_allclose(together[17], alone[0], atol=1e-6)


def test_network_is_left_as_it_was() -> None:
    network = spotlight_network()
    images, _ = spotlight_images(2, seed=0)
    grad_cam(network, images.pixels, np.ones(2, dtype=np.int64))
    assert all(parameter.grad is None for parameter in network.parameters())


def test_no_images_give_no_maps() -> None:
    assert grad_cam(
        spotlight_network(), np.zeros((0, 32, 32, 1), dtype=np.uint8), np.zeros(0, dtype=np.int64)
    ).shape == (0, 32, 32)
