"""What a registered version states of itself."""

import dataclasses
import json
from pathlib import Path

import mlflow
import numpy as np
import pytest
from mlflow import MlflowClient, pyfunc

from medimage.export.onnx_graph import export_onnx
from medimage.models.build import build_network
from medimage.registry.model_registry import register_model
from medimage.registry.registered_model import load_registered_model
from tests.support.exported import make_card, make_exported, make_gate_report, make_lineage, make_spec
from tests.support.registered import NAME, register
from tests.support.training import specification


@pytest.mark.usefixtures("database")
def test_a_graph_with_heat_maps_answers_on_the_image_alone_and_states_all_its_outputs() -> None:
    spec = specification("test_resnet", size=64, options={"output_stride": 8})
    graph = export_onnx(build_network(spec, seed=0).eval(), spec, temperature=1.0, opset=20)
    registered = register_model(
        exported=dataclasses.replace(make_exported(spec=spec), onnx=graph),
        card=make_card(spec=spec),
        gate_report=make_gate_report(),
        lineage=make_lineage(),
        name=NAME,
        experiment="lung",
    )
    loaded = pyfunc.load_model(registered.version.uri)
    answer = loaded.predict({"image": np.full((3, 64, 64, 1), 51, np.uint8)})
    assert {name: values.shape for name, values in answer.items()} == {
        "probabilities": (3, 3),
        "logits": (3, 3),
        "embedding": (3, 96),
        "class_activation_map": (0, 64, 64),
    }
    signature = loaded.metadata.signature
    assert signature is not None
    assert signature.inputs.input_names() == ["image"]
    assert [(output.name, output.shape) for output in signature.outputs.inputs] == [
        ("probabilities", (-1, 3)),
        ("logits", (-1, 3)),
        ("embedding", (-1, 96)),
        ("class_activation_map", (-1, 64, 64)),
    ]


@pytest.mark.usefixtures("database")
def test_version_states_signature_evidence_and_card() -> None:
    registered = register()
    found = MlflowClient().get_model_version(NAME, "1")
    assert found.tags["evidence_hash"] == "e1"
    assert found.tags["data_hash"] == "d1"
    assert found.tags["config_hash"] == "c1"
    assert found.tags["onnx_sha256"] == make_exported().sha256
    assert found.tags["gate_verdict"] == "PASS"
    assert found.tags["semantic_version"] == "1.0.0"
    assert found.description is not None
    assert found.description.startswith("# lung-brightness 1.0.0")
    info = mlflow.models.get_model_info(registered.uri)
    assert info.signature is not None
    assert info.signature.inputs.input_names() == ["image"]
    assert info.saved_input_example_info is not None
    files = Path(mlflow.artifacts.download_artifacts(registered.uri))
    assert json.loads((files / "card.json").read_text())["version"] == "1.0.0"
    assert json.loads((files / "gate_report.json").read_text()) == make_gate_report().to_dict()


@pytest.mark.usefixtures("database")
def test_the_registered_model_says_what_all_its_versions_have_in_common() -> None:
    register()
    found = MlflowClient().get_registered_model(NAME)
    assert found.description == "Chest X-ray in three classes, for tests."
    assert found.tags["network"] == "resnet10t"
    assert json.loads(found.tags["classes"]) == list(make_spec().classes)


@pytest.mark.usefixtures("database")
def test_the_signature_and_the_input_example_are_those_of_the_graph() -> None:
    registered = register()
    info = mlflow.models.get_model_info(registered.uri)
    assert [(each.name, each.type, each.shape) for each in info.signature.inputs.inputs] == [
        ("image", np.dtype(np.uint8), (-1, 32, 32, 1))
    ]
    outputs = {each.name: each.shape for each in info.signature.outputs.inputs}
    assert outputs == {"probabilities": (-1, 3), "logits": (-1, 3)}
    model = pyfunc.load_model(registered.uri)
    example = model.input_example
    assert {name: (values.dtype, values.shape) for name, values in example.items()} == {
        "image": (np.dtype(np.uint8), (1, 32, 32, 1))
    }
    np.testing.assert_allclose(model.predict(example)["probabilities"].sum(axis=1), 1, atol=1e-6)


@pytest.mark.usefixtures("database")
def test_the_lineage_leads_to_the_run_the_data_and_the_split() -> None:
    registered = register(run_id="run-7")
    client = MlflowClient()
    version = client.get_model_version(NAME, "1")
    run = client.get_run(str(version.run_id))
    assert run.data.tags["medimage.run_id"] == version.tags["run_id"] == "run-7"
    assert version.source == f"runs:/{run.info.run_id}/{client.list_artifacts(run.info.run_id)[0].path}"
    stored = load_registered_model(name=NAME, version=registered.version)
    assert (stored.card.provenance.data_hash, stored.images) == (version.tags["data_hash"], make_lineage().images)
    assert version.tags["champion_comparison"] == "require"
