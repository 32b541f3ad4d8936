from itertools import product

import numpy as np
import pytest
import torch
from torchvision.transforms.v2 import functional as reference

from medimage.config.delivery import ExportConfig
from medimage.config.model import FlipName, ModelConfig
from medimage.evaluation.explanation.grad_cam import grad_cam
from medimage.export.judged_answers import JudgedAnswers
from medimage.export.onnx_graph import export_onnx
from medimage.export.parity import measure_parity
from medimage.models.build import build_network, specify_network
from medimage.models.flip_views import all_views, mean_of_views
from medimage.models.inference import predict_logits
from medimage.models.network import Network
from tests.support.training import SMALL, bright_quarters, specification, statistics

CPU = torch.device("cpu")
BOTH: tuple[FlipName, ...] = ("horizontal_flip", "vertical_flip")
PIXELS = bright_quarters(6, seed=4).pixels


def network_with(flips: tuple[FlipName, ...], *, name: str = "test_resnet", size: int = 32) -> Network:
    network = build_network(specification(name, size=size, test_time_augmentation=flips), seed=3).eval()
    # Random weights answer almost alike on every image; larger ones in the last layer make the comparison count.
    with torch.no_grad():
        network.head[0].weight.mul_(20)
    return network


@pytest.mark.parametrize(
    ("flips", "views"),
    [
        ((), [lambda images: images]),
        (("vertical_flip",), [lambda images: images, reference.vertical_flip]),
        (
            BOTH,
            [
                lambda images: images,
                reference.horizontal_flip,
                reference.vertical_flip,
                lambda images: reference.vertical_flip(reference.horizontal_flip(images)),
            ],
        ),
    ],
)
def test_views_are_all_combinations_of_flips(flips, views) -> None:
    images = torch.rand(2, 3, 4, 5)
    for found, view in zip(all_views(images, flips), views, strict=True):
        assert torch.equal(found, view(images))


def test_mean_is_that_of_the_probabilities() -> None:
    logits = torch.randn(3 * 5, 4)
    expected = torch.stack([logits[start : start + 5].softmax(dim=1) for start in (0, 5, 10)]).mean(dim=0)
    torch.testing.assert_close(mean_of_views(logits, views=3).softmax(dim=1), expected)
    torch.testing.assert_close(mean_of_views(logits, views=3), expected.log())


def test_mean_of_views_without_doubt_is_finite() -> None:
    certain = torch.tensor([[1e4, -1e4], [1e4, -1e4]])
    assert mean_of_views(certain, views=2).isfinite().all()


def test_network_answers_with_the_mean_over_its_views() -> None:
    plain, averaged = network_with(()), network_with(BOTH)
    images = torch.from_numpy(PIXELS)
    with torch.no_grad():
        flipped = [
            plain(images.flip([axis for axis, chosen in zip((1, 2), axes, strict=True) if chosen])).softmax(dim=1)
            for axes in product((False, True), repeat=2)
        ]
        torch.testing.assert_close(averaged(images).softmax(dim=1), torch.stack(flipped).mean(dim=0))
        assert not torch.allclose(averaged(images).softmax(dim=1), flipped[0], atol=1e-3)


@pytest.mark.parametrize("axis", [1, 2])
def test_a_flipped_image_gets_the_same_answer(axis: int) -> None:
    network = network_with(BOTH)
    answers = [predict_logits(network, pixels, batch_size=4, device=CPU) for pixels in (PIXELS, np.flip(PIXELS, axis))]
    np.testing.assert_allclose(answers[0], answers[1], atol=1e-5)


def test_training_and_heat_maps_see_the_plain_network() -> None:
    plain, averaged = network_with((), size=64), network_with(BOTH, size=64)
    pixels = bright_quarters(4, seed=4, size=64).pixels
    chosen = np.zeros(len(pixels), dtype=np.int64)
    np.testing.assert_array_equal(grad_cam(plain, pixels, chosen).maps, grad_cam(averaged, pixels, chosen).maps)
    images = torch.from_numpy(pixels)
    assert torch.equal(plain.train()(images), averaged.train()(images))


@pytest.mark.parametrize(("name", "size"), [("test_resnet", 32), pytest.param("test_vit", 32, marks=pytest.mark.proof)])
@pytest.mark.parametrize("flips", [BOTH[:1], BOTH])
def test_exported_graph_averages_alike(name: str, size: int, flips: tuple[FlipName, ...]) -> None:
    network = network_with(flips, name=name, size=size)
    pixels = bright_quarters(7, seed=5, size=size).pixels
    logits = predict_logits(network, pixels, batch_size=3, device=CPU)
    graph = export_onnx(network, network.spec, temperature=1.7, opset=20)
    judged = [JudgedAnswers(pixels=pixels, logits=logits, temperature=1.7)]
    parity = measure_parity(graph, judged, network=network, config=ExportConfig())
    assert parity.proven
    assert parity.max_difference < 1e-5


def test_order_of_flips_makes_no_other_model() -> None:
    specs = [
        specify_network(
            ModelConfig.model_validate({**SMALL.model_dump(), "test_time_augmentation": flips}),
            classes=("a", "b"),
            channels=1,
            normalization=statistics(),
        )
        for flips in (BOTH, BOTH[::-1])
    ]
    assert specs[0] == specs[1]


def test_a_flip_given_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="names a flip twice"):
        ModelConfig(test_time_augmentation=("vertical_flip", "vertical_flip"))
