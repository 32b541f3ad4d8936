import hashlib
import io
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import nn

from medimage.errors import ExportError
from medimage.export.onnx_graph import export_onnx
from medimage.models.build import build_network
from medimage.serving.classifier import ImageClassifier
from medimage.serving.model_metadata import ModelMetadata
from tests.support.exported import make_spec
from tests.support.images import encode, textured

CLASSES = ("glioma", "meningioma", "no tumour")
OUTPUTS = ["probabilities", "logits", "embedding", "class_activation_map"]
# The smallest at which the network's features have places.
SIZE = 64


def network_and_spec(**options: object):
    spec = make_spec(classes=CLASSES, **{"size": SIZE, **options})  # type: ignore[arg-type]
    network = build_network(spec, seed=3).eval()
    # Random weights answer almost alike on every image; larger ones in the last layer make the comparison count.
    with torch.no_grad():
        last = [module for module in network.head.modules() if isinstance(module, nn.Linear)][-1]
        last.weight.mul_(20)
    return network, spec


@pytest.fixture(scope="module")
def gray():
    return network_and_spec(head="medical")


@pytest.fixture(scope="module")
def graph(gray) -> bytes:
    network, spec = gray
    return export_onnx(network, spec, temperature=1.7, opset=20)


def noise(count: int, *, size: int = SIZE, channels: int = 1) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (count, size, size, channels), dtype=np.uint8)


@pytest.mark.parametrize("batch", [1, 2, 7])
def test_graph_says_what_the_network_says(gray, graph: bytes, batch: int) -> None:
    network, _ = gray
    pixels = noise(batch)
    session = onnxruntime.InferenceSession(graph)
    probabilities, logits = session.run(["probabilities", "logits"], {"image": pixels})
    with torch.inference_mode():
        expected = network(torch.from_numpy(pixels))
    np.testing.assert_allclose(logits, expected.numpy(), rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(probabilities, torch.softmax(expected / 1.7, dim=1).numpy(), atol=1e-5)
    assert np.ptp(probabilities) > 0.1


def test_graph_is_one_file_with_one_free_dimension(graph: bytes) -> None:
    model = onnx.load_model_from_string(graph)
    assert not any(weights.external_data for weights in model.graph.initializer)
    shape = model.graph.input[0].type.tensor_type.shape.dim
    assert [dimension.dim_value or dimension.dim_param for dimension in shape] == ["batch", SIZE, SIZE, 1]
    assert model.graph.input[0].type.tensor_type.elem_type == onnx.TensorProto.UINT8
    assert [output.name for output in model.graph.output] == OUTPUTS
    assert model.opset_import[0].version == 20


def test_graph_states_its_contract(graph: bytes) -> None:
    properties = {entry.key: entry.value for entry in onnx.load_model_from_string(graph).metadata_props}
    contract = ModelMetadata.from_properties(properties)
    assert contract.classes == CLASSES
    assert contract.temperature == 1.7
    assert (contract.input_size, contract.color_mode) == (SIZE, "gray")


def test_classifier_runs_the_graph(graph: bytes) -> None:
    prediction = ImageClassifier(graph, threads=1).predict(encode(textured(1)))
    assert prediction.label in CLASSES
    assert sum(prediction.probabilities.values()) == pytest.approx(1, abs=1e-6)


def test_graph_holds_no_trace_of_the_machine(graph: bytes) -> None:
    project = Path(__file__).parents[2]
    assert str(project).encode() not in graph
    assert b"stack_trace" not in graph
    assert b"site-packages" not in graph


def test_same_network_gives_the_same_bytes_in_another_process(graph: bytes) -> None:
    program = """
import hashlib
from medimage.export.onnx_graph import export_onnx
from tests.export.test_onnx_graph import network_and_spec
network, spec = network_and_spec(head="medical")
graph = export_onnx(network, spec, temperature=1.7, opset=20)
print(hashlib.sha256(graph).hexdigest())
"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.split() == [hashlib.sha256(graph).hexdigest()]


def test_exporter_says_nothing(gray, capfd: pytest.CaptureFixture[str]) -> None:
    network, spec = gray
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        export_onnx(network, spec, temperature=1.0, opset=18)
    assert out.getvalue() + err.getvalue() == ""
    assert capfd.readouterr() == ("", "")


def test_network_in_training_mode_is_refused(gray) -> None:
    _, spec = gray
    with pytest.raises(ValueError, match="evaluation mode"):
        export_onnx(build_network(spec, seed=0).train(), spec, temperature=1.0, opset=20)


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan"), float("inf")])
def test_impossible_temperature_is_refused(gray, temperature: float) -> None:
    network, spec = gray
    with pytest.raises(ValueError, match="temperature"):
        export_onnx(network, spec, temperature=temperature, opset=20)


def test_network_that_cannot_be_exported_is_one_sentence(gray) -> None:
    _, spec = gray

    class Branching(nn.Module):
        def forward(self, embedding: torch.Tensor) -> torch.Tensor:
            return embedding[:, :3] if embedding.sum().item() > 5 else torch.zeros(2, 3)

    network = build_network(spec, seed=0).eval()
    network.head = Branching()
    with pytest.raises(ExportError, match="cannot be exported") as caught:
        export_onnx(network, spec, temperature=1.0, opset=20)
    assert len(str(caught.value)) < 500
