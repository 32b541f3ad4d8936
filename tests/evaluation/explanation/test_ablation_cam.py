from typing import Any

import numpy as np
import pytest
import torch

from medimage.evaluation.explanation.ablation_cam import ablation_cam
from medimage.evaluation.explanation.heat_maps import FeaturesWithoutPlacesError
from medimage.models.build import build_network
from tests.support.spotlight import spotlight_images, spotlight_network
from tests.support.training import specification


def test_of_a_linear_head_on_averaged_features_each_fall_is_weight_times_mean() -> None:
    network = build_network(specification("test_resnet", size=96, options={"output_stride": 8}), seed=0).eval()
    pixels = np.random.default_rng(0).integers(0, 256, (2, 96, 96, 1), dtype=np.uint8)
    classes = np.array([0, 2])
    with torch.no_grad():
        features = network.forward_features(network.prepare(torch.from_numpy(pixels)))
        weights = network.head[0].weight[classes]  # type: ignore[index]
        falls = weights * features.mean(dim=(2, 3))
        expected = (falls[:, :, None, None] * features).sum(dim=1)
    np.testing.assert_allclose(ablation_cam(network, pixels, classes).evidence, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "size", "cells", "options"),
    [
        ("vit_tiny_patch16_224", 64, 4, {"depth": 2, "global_pool": "avg"}),
        ("swin_tiny_patch4_window7_224", 64, 8, {"depths": (1, 1), "embed_dim": 16, "num_heads": (1, 2)}),
        ("mobilenetv3_small_050", 64, 2, {}),
    ],
)
def test_every_layout_of_features_is_ablated_feature_by_feature(
    name: str, size: int, cells: int, options: dict[str, Any]
) -> None:
    network = build_network(specification(name, size=size, options=options), seed=1).eval()
    pixels = np.random.default_rng(0).integers(0, 256, (1, size, size, 1), dtype=np.uint8)
    found = ablation_cam(network, pixels, np.array([1]))
    assert found.cells == cells
    assert found.maps.shape == (1, size, size)
    assert found.maps.max() == pytest.approx(1, abs=1e-6)


def test_nothing_is_recorded_for_a_gradient() -> None:
    network = spotlight_network()
    images, _ = spotlight_images(3, seed=0)
    with torch.no_grad():
        found = ablation_cam(network, images.pixels, np.ones(3, dtype=np.int64))
    assert found.maps.max() > 0
    assert all(parameter.grad is None for parameter in network.parameters())


def test_map_is_hottest_where_the_network_looks() -> None:
    images, boxes = spotlight_images(12, seed=0)
    maps = ablation_cam(spotlight_network(), images.pixels, np.ones(12, dtype=np.int64)).maps
    for one, box in zip(maps, boxes, strict=True):
        row, column = np.unravel_index(int(one.argmax()), one.shape)
        assert box.contains(row=int(row), column=int(column))


def test_an_answer_from_the_class_token_alone_is_refused() -> None:
    network = build_network(specification("vit_tiny_patch16_224", size=64, options={"depth": 2}), seed=1).eval()
    with pytest.raises(FeaturesWithoutPlacesError, match="class token alone"):
        ablation_cam(network, np.full((1, 64, 64, 1), 90, np.uint8), np.zeros(1, dtype=np.int64))
