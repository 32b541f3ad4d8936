"""The graph's heat maps are those of Grad-CAM by automatic differentiation, for every family of networks."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
import pytest
import torch

from medimage.config.delivery import ExportConfig
from medimage.evaluation.explanation.grad_cam import grad_cam
from medimage.evaluation.explanation.heat_maps import scaled_to_peak
from medimage.export.judged_answers import JudgedAnswers
from medimage.export.onnx_graph import export_onnx
from medimage.export.parity import measure_parity
from medimage.models.build import build_network
from medimage.models.ensemble import Ensemble
from medimage.models.inference import predict_logits
from medimage.serving.graph_session import open_session
from medimage.serving.model_metadata import ModelMetadata
from tests.support.training import bright_quarters, specification

FAMILIES: list[tuple[str, dict[str, Any]]] = [
    ("test_resnet", {"head": "dense", "options": {"output_stride": 8}}),
    ("convnextv2_atto", {"head": "medical", "channels": 3}),
    ("mobilenetv3_small_050", {"head": "linear"}),
    ("swin_tiny_patch4_window7_224", {"options": {"depths": (1, 1), "embed_dim": 16, "num_heads": (1, 2)}}),
    ("vit_tiny_patch16_224", {"options": {"depth": 2}, "test_time_augmentation": ("horizontal_flip",)}),
]


def pixels(count: int = 5, *, channels: int = 1) -> np.ndarray:
    return bright_quarters(count, seed=3, size=64, channels=channels).pixels


def run(graph: bytes, outputs: Sequence[str] | None, **feeds: np.ndarray) -> list[Any]:
    return open_session(graph, threads=1).run(outputs, feeds)


@pytest.mark.parametrize(("name", "changes"), FAMILIES, ids=[name for name, _ in FAMILIES])
def test_graph_of_every_family_gives_what_the_network_gives(name: str, changes: dict[str, Any]) -> None:
    spec = specification(name, size=64, **changes)
    network = build_network(spec, seed=1).eval()
    graph = export_onnx(network, spec, temperature=1.3, opset=20)
    images = pixels(channels=spec.channels)
    logits = predict_logits(network, images, batch_size=8, device=torch.device("cpu"))
    judged = [JudgedAnswers(pixels=images, logits=logits, temperature=1.3)]
    parity = measure_parity(graph, judged, network=network, config=ExportConfig())
    assert parity.proven
    assert parity.maps is not None
    assert parity.maps.maps == 10
    shown = [
        run(graph, ["class_activation_map"], image=image[None], class_index=np.array([index]))[0]
        for image in images
        for index in range(3)
    ]
    assert max(each.max() for each in shown) == pytest.approx(1, abs=1e-6)


@pytest.fixture(scope="module")
def small() -> tuple[Any, bytes]:
    spec = specification("test_resnet", size=64, head="medical", options={"output_stride": 8})
    network = build_network(spec, seed=0).eval()
    return network, export_onnx(network, spec, temperature=1.0, opset=20)


def test_nobody_pays_for_a_map_who_does_not_ask_for_one(small: tuple[Any, bytes]) -> None:
    _, graph = small
    given = run(graph, None, image=pixels(4))
    assert [each.shape for each in given] == [(4, 3), (4, 3), (4, 96), (0, 64, 64)]
    model = onnx.load_model_from_string(graph)
    (choice,) = [node for node in model.graph.node if node.op_type == "If"]
    always = {name for node in model.graph.node for name in node.input}
    asked = {name for node in choice.attribute[1].g.node for name in node.output}
    asked |= {name for node in choice.attribute[0].g.node for name in node.output}
    assert not asked & always


def test_map_is_of_the_first_image_alone(small: tuple[Any, bytes]) -> None:
    _, graph = small
    images, chosen = pixels(4), np.array([1])
    (together,) = run(graph, ["class_activation_map"], image=images, class_index=chosen)
    (alone,) = run(graph, ["class_activation_map"], image=images[:1], class_index=chosen)
    assert together.shape == (1, 64, 64)
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_below_zero_the_map_is_of_the_predicted_class(small: tuple[Any, bytes]) -> None:
    network, graph = small
    for image in pixels(4):
        probabilities, shown = run(
            graph, ["probabilities", "class_activation_map"], image=image[None], class_index=np.array([-1])
        )
        expected = grad_cam(network, image[None], probabilities.argmax(axis=1)).maps
        np.testing.assert_allclose(shown, expected, atol=1e-4)


def test_map_of_an_ensemble_is_the_mean_of_its_members() -> None:
    spec = specification("test_resnet", size=64, options={"output_stride": 8})
    networks = [build_network(spec, seed=seed).eval() for seed in (0, 5)]
    ensemble = Ensemble(networks, temperatures=[1.0, 2.0], name="two").eval()
    graph = export_onnx(ensemble, ensemble.spec, temperature=1.0, opset=20)  # type: ignore[arg-type]
    images = pixels(1)
    embedding, shown = run(graph, ["embedding", "class_activation_map"], image=images, class_index=np.array([2]))
    own = [grad_cam(network, images, np.array([2])).maps for network in networks]
    expected = scaled_to_peak(torch.from_numpy(np.mean(own, axis=0))).numpy()
    np.testing.assert_allclose(shown, expected, atol=1e-4)
    assert shown.max() > 0
    with torch.no_grad():
        passes = [network.forward_pass(torch.from_numpy(images)).embedding for network in networks]
    np.testing.assert_allclose(embedding, torch.cat(passes, dim=1).numpy(), rtol=1e-4, atol=1e-5)
    outputs = outputs_of(graph)
    assert outputs.embedding_width == 192
    assert outputs.activation_map is not None
    assert outputs.activation_map.networks == 2


@pytest.mark.parametrize(
    ("name", "options", "reason"),
    [
        ("test_resnet", {}, "1 x 1"),
        ("coat_lite_tiny", {"serial_depths": (1, 1, 1, 1)}, "class token alone"),
        ("tnt_s_patch16_224", {"depth": 1}, "last block takes 2 tensors"),
    ],
)
def test_graph_without_maps_says_why(name: str, options: dict[str, Any], reason: str) -> None:
    size = 32 if name == "test_resnet" else 64
    spec = specification(name, size=size, options=options)
    graph = export_onnx(build_network(spec, seed=0).eval(), spec, temperature=1.0, opset=20)
    outputs = outputs_of(graph)
    assert outputs.activation_map is None
    assert reason in outputs.no_map_because
    session = open_session(graph, threads=1)
    assert [output.name for output in session.get_outputs()] == ["probabilities", "logits", "embedding"]
    assert [each.name for each in session.get_overridable_initializers()] == []


def outputs_of(graph: bytes) -> Any:
    properties = {entry.key: entry.value for entry in onnx.load_model_from_string(graph).metadata_props}
    return ModelMetadata.from_properties(properties).outputs
