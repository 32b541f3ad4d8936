from typing import Any

import numpy as np
import pytest
import torch
from captum.attr import LayerGradCam
from torch.nn import functional

from medimage.evaluation.explanation.grad_cam import grad_cam
from medimage.evaluation.explanation.heat_maps import FeaturesWithoutPlacesError
from medimage.models.build import build_network
from tests.support.spotlight import spotlight_images, spotlight_network
from tests.support.training import specification

STRIDE = {"output_stride": 8}


@pytest.mark.parametrize(
    ("name", "size", "cells", "options"),
    [
        ("test_resnet", 64, 2, {}),
        ("test_vit", 160, 10, {}),
        ("vit_tiny_patch16_224", 64, 4, {"depth": 2}),
        ("deit_tiny_distilled_patch16_224", 64, 4, {"depth": 2}),
        ("tnt_s_patch16_224", 64, 4, {"depth": 2}),
        ("beit_base_patch16_224", 64, 4, {"depth": 2, "embed_dim": 64, "num_heads": 2}),
        ("xcit_nano_12_p16_224", 64, 4, {"depth": 2}),
        ("mixer_s32_224", 224, 7, {}),
        ("resmlp_12_224", 64, 4, {}),
        ("gmlp_ti16_224", 64, 4, {}),
        ("mobilenetv3_small_050", 64, 2, {}),
        ("swin_tiny_patch4_window7_224", 64, 8, {"depths": (1, 1), "embed_dim": 16, "num_heads": (1, 2)}),
    ],
)
@pytest.mark.parametrize("channels", [1, 3])
def test_every_layout_of_features_gives_maps_of_the_images_size(
    name: str, size: int, cells: int, options: dict[str, Any], channels: int
) -> None:
    network = build_network(specification(name, size=size, channels=channels, options=options), seed=1).eval()
    pixels = np.random.default_rng(0).integers(0, 256, (3, size, size, channels), dtype=np.uint8)
    found = grad_cam(network, pixels, np.array([0, 1, 2]))
    maps = found.maps
    assert found.cells == cells
    assert maps.shape == (3, size, size)
    assert maps.dtype == np.float32
    assert maps.min() >= 0
    assert all(one.max() == pytest.approx(1, abs=1e-6) or one.max() == 0 for one in maps)


def test_map_is_hottest_where_the_network_looks() -> None:
    images, boxes = spotlight_images(12, seed=0)
    maps = grad_cam(spotlight_network(), images.pixels, np.ones(12, dtype=np.int64)).maps
    for one, box in zip(maps, boxes, strict=True):
        row, column = np.unravel_index(int(one.argmax()), one.shape)
        assert box.contains(row=int(row), column=int(column))


def test_map_equals_the_formula_of_the_paper() -> None:
    images, _ = spotlight_images(1, seed=3)
    network = spotlight_network()
    features = network.forward_features(network.prepare(torch.from_numpy(images.pixels))).detach()
    # Of a linear head on averaged features, each of the n places has the gradient w / n, and so has their mean.
    enlarged = functional.interpolate(features, size=images.pixels.shape[1:3], mode="bilinear")[0, 0]
    found = grad_cam(network, images.pixels, np.array([1])).maps[0]
    np.testing.assert_allclose(found, (enlarged / enlarged.max()).numpy(), atol=1e-6)


def test_maps_are_those_of_captum() -> None:
    network = build_network(specification("test_resnet", head="medical", size=96, options=STRIDE), seed=0).eval()
    pixels = np.random.default_rng(0).integers(0, 256, (3, 96, 96, 1), dtype=np.uint8)
    scores = lambda images: network.forward_head(network.forward_features(images))  # noqa: E731
    places = LayerGradCam(scores, network.backbone.layer4).attribute(  # type: ignore[arg-type]
        network.prepare(torch.from_numpy(pixels)), target=torch.tensor([0, 1, 2]), relu_attributions=True
    )
    expected = functional.interpolate(places, size=(96, 96), mode="bilinear")[:, 0].detach().numpy()
    found = grad_cam(network, pixels, np.array([0, 1, 2])).maps
    np.testing.assert_allclose(found, expected / expected.max(axis=(1, 2), keepdims=True), atol=1e-4)


def test_map_is_zero_where_nothing_speaks_for_the_class() -> None:
    images, _ = spotlight_images(2, seed=0)
    assert grad_cam(spotlight_network(), images.pixels, np.zeros(2, dtype=np.int64)).maps.max() == 0


def test_maps_do_not_depend_on_the_other_images() -> None:
    images, _ = spotlight_images(20, seed=5)
    together = grad_cam(spotlight_network(), images.pixels, np.ones(20, dtype=np.int64)).maps
    alone = grad_cam(spotlight_network(), images.pixels[17:18], np.ones(1, dtype=np.int64)).maps
    np.testing.assert_allclose(together[17], alone[0], atol=1e-6)


def test_network_is_left_as_it_was() -> None:
    network = spotlight_network()
    images, _ = spotlight_images(2, seed=0)
    grad_cam(network, images.pixels, np.ones(2, dtype=np.int64))
    assert all(parameter.grad is None for parameter in network.parameters())


def test_no_images_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one image"):
        grad_cam(spotlight_network(), np.zeros((0, 32, 32, 1), dtype=np.uint8), np.zeros(0, dtype=np.int64))


def test_network_that_answers_from_its_class_token_is_explained_by_the_tokens_it_gathers_from() -> None:
    network = build_network(specification("vit_tiny_patch16_224", size=64, options={"depth": 2}), seed=1).eval()
    pixels = np.random.default_rng(0).integers(0, 256, (20, 64, 64, 1), dtype=np.uint8)
    found = grad_cam(network, pixels, np.zeros(20, dtype=np.int64))
    assert found.layer == "the tokens before the last block"
    assert found.maps.max(axis=(1, 2)) == pytest.approx(np.ones(20), abs=1e-6)
    assert found.cells == 4


def test_hottest_token_is_the_one_that_moves_the_answer_of_a_class_token_most() -> None:
    network = build_network(specification("vit_tiny_patch16_224", size=64, options={"depth": 1}), seed=0).eval()
    gray = np.full((1, 64, 64, 1), 76, np.uint8)
    marked = gray.copy()
    marked[:, 16:32, 32:48] = 255
    with torch.no_grad():
        difference = network(torch.from_numpy(marked)) - network(torch.from_numpy(gray))
    heat_map = grad_cam(network, marked, difference.argmax(dim=1).numpy()).maps[0]
    row, column = np.unravel_index(int(heat_map.argmax()), heat_map.shape)
    assert 16 <= row < 32
    assert 32 <= column < 48


@pytest.mark.parametrize(
    ("name", "size", "options", "reason"),
    [
        ("crossvit_tiny_240", 240, {}, "a list of several"),
        ("pit_ti_224", 224, {}, "1 x 1"),
        ("test_resnet", 32, {}, "1 x 1"),
        ("coat_lite_tiny", 64, {"serial_depths": (1, 1, 1, 1)}, "class token alone"),
    ],
)
def test_features_without_places_are_refused_with_the_reason(
    name: str, size: int, options: dict[str, Any], reason: str
) -> None:
    network = build_network(specification(name, size=size, options=options), seed=1).eval()
    with pytest.raises(FeaturesWithoutPlacesError, match=reason):
        grad_cam(network, np.full((2, size, size, 1), 90, np.uint8), np.zeros(2, dtype=np.int64))
