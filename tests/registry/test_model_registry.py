"""A model that passed the gate is registered once, as its graph, and can be loaded."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from mlflow import MlflowClient, pyfunc
from mlflow import onnx as mlflow_onnx
from scipy.special import softmax

from medimage.errors import GateNotPassedError
from medimage.evaluation.gate.criterion import Verdict
from medimage.registry.registered_version import RegisteredVersion
from tests.support.exported import SLOPE, make_exported, make_spec
from tests.support.registered import NAME, aliases, register


@pytest.mark.usefixtures("database")
def test_first_model_becomes_champion() -> None:
    registered = register()
    assert registered == RegisteredVersion(
        name=NAME,
        version=1,
        aliases=("champion",),
        uri=f"models:/{NAME}/1",
        run_id=registered.run_id,
        semantic_version="1.0.0",
    )
    assert RegisteredVersion.from_dict(json.loads(json.dumps(registered.to_dict()))) == registered


@pytest.mark.usefixtures("database")
def test_registered_model_loads_and_answers() -> None:
    register()
    pixels = np.full((3, 32, 32, 1), 51, np.uint8)
    expected = softmax(np.array([SLOPE, 0, -SLOPE]) * 51 / 255)
    model = mlflow_onnx.load_model(f"models:/{NAME}@champion")
    assert model.SerializeToString() == make_exported().onnx
    answer = pyfunc.load_model(f"models:/{NAME}@champion").predict({"image": pixels})
    np.testing.assert_allclose(answer["probabilities"], np.tile(expected, (3, 1)), atol=1e-6)


def test_files_lie_beside_the_database(database: Path) -> None:
    register()
    stored = [path.read_bytes() for path in (database.parent / "artifacts").rglob("model.onnx")]
    assert stored == [make_exported().onnx]


@pytest.mark.usefixtures("database")
def test_same_model_with_same_evidence_is_registered_once() -> None:
    first = register()
    assert register(run_id="run-2") == first
    assert len(MlflowClient().search_model_versions(f"name = '{NAME}'")) == 1


@pytest.mark.usefixtures("database")
def test_same_model_with_new_evidence_is_a_new_version() -> None:
    register()
    assert register(evidence_hash="e2").version == 2


@pytest.mark.usefixtures("database")
def test_semantic_version_says_what_changed() -> None:
    assert register().semantic_version == "1.0.0"
    assert register(slope=3.0).semantic_version == "1.0.1"
    assert register(slope=2.0, spec=make_spec(timm_name="resnet18")).semantic_version == "1.1.0"
    assert register(slope=1.0, spec=make_spec(classes=("a", "b", "c"))).semantic_version == "2.0.0"


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("verdict", [Verdict.FAIL, Verdict.INCONCLUSIVE])
def test_model_without_a_passed_gate_is_not_registered(verdict: Verdict) -> None:
    with pytest.raises(GateNotPassedError):
        register(verdict=verdict)
    assert MlflowClient().search_registered_models() == []


def test_real_server_registers_and_serves_the_files(tracking_server: str, tracking_uri: Callable[[str], None]) -> None:
    tracking_uri(tracking_server)
    first = register()
    assert register() == first
    assert register(slope=3.0, evidence_hash="e2").semantic_version == "1.0.1"
    assert aliases() == {"champion": 2, "previous": 1}
    loaded = mlflow_onnx.load_model(f"models:/{NAME}@previous")
    assert loaded.SerializeToString() == make_exported().onnx
