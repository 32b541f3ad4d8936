from typing import Any

import numpy as np
import pytest
import torch
from captum.attr import LayerGradientXActivation
from torch.nn import functional

from medimage.evaluation.explanation.grad_cam import grad_cam
from medimage.evaluation.explanation.heat_maps import FeaturesWithoutPlacesError
from medimage.evaluation.explanation.hires_cam import hires_cam
from medimage.models.build import build_network
from tests.support.spotlight import spotlight_images, spotlight_network
from tests.support.training import specification


@pytest.mark.parametrize(
    ("head", "name", "size", "options"),
    [
        ("linear", "test_resnet", 96, {"output_stride": 8}),
        ("medical", "test_resnet", 96, {"output_stride": 8}),
        ("linear", "vit_tiny_patch16_224", 64, {"depth": 2, "global_pool": "avg", "class_token": False}),
    ],
)
def test_maps_of_a_network_that_averages_its_features_are_those_of_grad_cam(
    head: str, name: str, size: int, options: dict[str, Any]
) -> None:
    network = build_network(specification(name, head=head, size=size, options=options), seed=0).eval()
    pixels = np.random.default_rng(0).integers(0, 256, (3, size, size, 1), dtype=np.uint8)
    classes = np.array([0, 1, 2])
    found = hires_cam(network, pixels, classes)
    assert found.maps.max() > 0
    np.testing.assert_allclose(found.maps, grad_cam(network, pixels, classes).maps, atol=1e-4)


def test_maps_of_a_class_token_are_gradient_times_activation_of_captum_and_not_those_of_grad_cam() -> None:
    network = build_network(specification("vit_tiny_patch16_224", size=64, options={"depth": 2}), seed=1).eval()
    pixels = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 1), dtype=np.uint8)
    tokens = LayerGradientXActivation(
        lambda images: network.forward_head(network.forward_features(images)), network.backbone.blocks[-1]
    ).attribute(network.prepare(torch.from_numpy(pixels)), target=torch.tensor([0, 2]), attribute_to_layer_input=True)
    # The first of 17 tokens is the class token; the others lie on a grid of 4 x 4.
    places = functional.relu(tokens[:, 1:].sum(dim=2).reshape(2, 1, 4, 4))
    expected = functional.interpolate(places, size=(64, 64), mode="bilinear")[:, 0].detach().numpy()
    found = hires_cam(network, pixels, np.array([0, 2])).maps
    np.testing.assert_allclose(found, expected / expected.max(axis=(1, 2), keepdims=True), atol=1e-4)
    assert np.abs(found - grad_cam(network, pixels, np.array([0, 2])).maps).max() > 0.1


def test_map_is_hottest_where_the_network_looks() -> None:
    images, boxes = spotlight_images(12, seed=0)
    maps = hires_cam(spotlight_network(), images.pixels, np.ones(12, dtype=np.int64)).maps
    for one, box in zip(maps, boxes, strict=True):
        row, column = np.unravel_index(int(one.argmax()), one.shape)
        assert box.contains(row=int(row), column=int(column))


def test_features_without_places_are_refused() -> None:
    network = build_network(specification("test_resnet"), seed=1).eval()
    with pytest.raises(FeaturesWithoutPlacesError, match="1 x 1"):
        hires_cam(network, np.full((2, 32, 32, 1), 90, np.uint8), np.zeros(2, dtype=np.int64))
