import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from medimage.evaluation.explanation.integrated_gradients import attributed, integrated_gradients
from medimage.models.build import build_network
from medimage.models.network import Network
from tests.support.spotlight import spotlight_images, spotlight_network
from tests.support.training import specification


def noise(size: int, count: int) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (count, size, size, 1), dtype=np.uint8)


class Flat(nn.Module):
    """A backbone whose features are the pixels."""

    num_features = 3 * 32 * 32

    def forward_features(self, images: Tensor) -> Tensor:
        return images

    def forward_head(self, features: Tensor, *, pre_logits: bool) -> Tensor:
        assert pre_logits
        return features.flatten(1)


@pytest.mark.parametrize(("name", "size"), [("test_resnet", 32), ("test_vit", 160), ("vit_tiny_patch16_224", 64)])
def test_attributions_add_up_to_the_change_of_the_score(name: str, size: int) -> None:
    network = build_network(specification(name, size=size, options={}), seed=1).eval()
    images = network.prepare(torch.from_numpy(noise(size, 3)))
    classes = torch.tensor([0, 1, 2])
    found, gap = attributed(network, images, classes, steps=64)
    with torch.no_grad():
        change = [
            network.forward_head(network.forward_features(each)).gather(1, classes[:, None])[:, 0]
            for each in (images, torch.zeros_like(images))
        ]
    np.testing.assert_allclose(found.sum(dim=(1, 2)), change[0] - change[1], rtol=0.01, atol=0.001)
    expected = (found.sum(dim=(1, 2)) - (change[0] - change[1])).abs() / (change[0] - change[1]).abs()
    np.testing.assert_allclose(gap, expected, atol=1e-4)


def test_attributions_of_a_linear_network_are_weight_times_input() -> None:
    head = nn.Linear(3 * 32 * 32, 3)
    network = Network(spec=specification(), backbone=Flat(), head=head).eval()
    images = network.prepare(torch.from_numpy(noise(32, 2)))
    found, gap = attributed(network, images, torch.tensor([2, 0]))
    expected = (head.weight[[2, 0]].reshape(2, 3, 32, 32) * images).sum(dim=1)
    np.testing.assert_allclose(found, expected.detach(), atol=1e-5)
    assert gap.max() < 1e-3


def test_attributions_are_the_integral_of_the_gradient_along_the_way() -> None:
    network = build_network(specification("test_resnet"), seed=1).eval()
    images = network.prepare(torch.from_numpy(noise(32, 1)))
    points = 400
    total = torch.zeros_like(images)
    for step in range(points):
        place = (images * (step + 0.5) / points).detach().requires_grad_()
        network.forward_head(network.forward_features(place))[0, 1].backward()
        assert place.grad is not None
        total += place.grad / points
    expected = (total * images).sum(dim=1)
    found, _ = attributed(network, images, torch.tensor([1]))
    assert np.corrcoef(found.flatten(), expected.flatten())[0, 1] > 0.99


def test_map_is_hottest_where_the_network_looks() -> None:
    images, boxes = spotlight_images(12, seed=0)
    found = integrated_gradients(spotlight_network(), images.pixels, np.ones(12, dtype=np.int64))
    assert found.cells == 16
    for one, box in zip(found.maps, boxes, strict=True):
        row, column = np.unravel_index(int(one.argmax()), one.shape)
        assert box.contains(row=int(row), column=int(column))


def test_maps_do_not_depend_on_the_other_images() -> None:
    images, _ = spotlight_images(20, seed=5)
    together = integrated_gradients(spotlight_network(), images.pixels, np.ones(20, dtype=np.int64)).maps
    alone = integrated_gradients(spotlight_network(), images.pixels[17:18], np.ones(1, dtype=np.int64)).maps
    np.testing.assert_allclose(together[17], alone[0], atol=1e-5)


def test_a_network_whose_features_have_no_places_is_served() -> None:
    network = build_network(specification("test_resnet"), seed=1).eval()
    found = integrated_gradients(network, noise(32, 2), np.array([0, 1]))
    assert found.maps.shape == (2, 32, 32)
    assert found.maps.max() == pytest.approx(1, abs=1e-6)


def test_network_is_left_as_it_was() -> None:
    network = build_network(specification("test_resnet"), seed=1).eval()
    integrated_gradients(network, noise(32, 2), np.array([0, 1]))
    assert all(parameter.grad is None for parameter in network.parameters())


def test_map_says_how_well_the_integral_was_met() -> None:
    images, _ = spotlight_images(2, seed=0)
    found = integrated_gradients(spotlight_network(), images.pixels, np.ones(2, dtype=np.int64))
    network, gaps = spotlight_network(), []
    for image in images.pixels:
        _, gap = attributed(network, network.prepare(torch.from_numpy(image[None])), torch.tensor([1]))
        gaps.append(gap)
    told = f"differs from the score's change by {100 * float(torch.cat(gaps).median()):.1f} % (median)."
    assert found.remark == f"What the pixels add up to {told}"


def test_an_integral_that_was_not_met_is_told() -> None:
    class Step(Flat):
        def forward_features(self, images: Tensor) -> Tensor:
            return torch.sigmoid(2000 * (images - 0.9 * images.detach().abs().max()))

    head = nn.Linear(3 * 32 * 32, 3)
    network = Network(spec=specification(), backbone=Step(), head=head).eval()
    found = integrated_gradients(network, noise(32, 3), np.array([0, 1, 2]))
    assert "the maps may be wrong" in found.remark
