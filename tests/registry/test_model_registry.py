import dataclasses
import json
import shutil
import sys
from pathlib import Path
from typing import Literal

import mlflow
import numpy as np
import pytest
from mlflow import MlflowClient, pyfunc
from mlflow import onnx as mlflow_onnx
from mlflow.exceptions import MlflowException
from scipy.special import softmax

from medimage.errors import GateNotPassedError, RegistryError
from medimage.evaluation.gate.criterion import Verdict
from medimage.export.onnx_graph import export_onnx
from medimage.models.build import build_network
from medimage.registry import model_registry
from medimage.registry.held_against import HeldAgainst
from medimage.registry.model_registry import register_model
from medimage.registry.registered_model import load_registered_model
from medimage.registry.registered_version import RegisteredVersion
from medimage.registry.registration import Registration
from tests.support.exported import SLOPE, make_card, make_exported, make_gate_report, make_lineage, make_spec
from tests.support.processes import free_port, running_server
from tests.support.training import specification

NAME = "lung-brightness"


def register_with_card(
    *,
    slope: float = SLOPE,
    verdict: Verdict = Verdict.PASS,
    name: str = NAME,
    alias: Literal["champion", "challenger"] = "champion",
    held_against: HeldAgainst | None = None,
    predictions: str = "p1",
    **card,
) -> Registration:
    spec = card.pop("spec", None)
    return register_model(
        exported=make_exported(slope=slope, spec=spec),
        card=make_card(spec=spec, **card),
        gate_report=make_gate_report(verdict),
        lineage=make_lineage(
            predictions=predictions, compared_with=None if held_against is None else held_against.version
        ),
        name=name,
        experiment="lung",
        alias=alias,
        held_against=held_against,
    )


def register(**options) -> RegisteredVersion:
    return register_with_card(**options).version


def refuse(*_: object, **__: object) -> None:
    raise MlflowException("the server is on fire")


def aliases() -> dict[str, int]:
    found = MlflowClient().get_registered_model(NAME).aliases
    return {alias: int(number) for alias, number in found.items()}


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
def test_a_challenger_leaves_the_champion_where_it_is_and_is_registered_once() -> None:
    register(slope=1.0)
    for _ in range(2):
        assert register(slope=2.0, alias="challenger").aliases == ("challenger",)
        assert aliases() == {"champion": 1, "challenger": 2}
    assert register(slope=3.0, alias="challenger").version == 3
    assert aliases() == {"champion": 1, "challenger": 3}


@pytest.mark.usefixtures("database")
def test_a_challenger_that_has_become_the_champion_stays_it() -> None:
    register(slope=1.0)
    register(slope=2.0, alias="challenger")
    register(slope=2.0)
    assert register(slope=2.0, alias="challenger").aliases == ("champion",)
    assert aliases() == {"champion": 2, "previous": 1}


@pytest.mark.usefixtures("database")
def test_registered_model_loads_and_answers() -> None:
    register()
    pixels = np.full((3, 32, 32, 1), 51, np.uint8)
    expected = softmax(np.array([SLOPE, 0, -SLOPE]) * 51 / 255)
    model = mlflow_onnx.load_model(f"models:/{NAME}@champion")
    assert model.SerializeToString() == make_exported().onnx
    answer = pyfunc.load_model(f"models:/{NAME}@champion").predict({"image": pixels})
    np.testing.assert_allclose(answer["probabilities"], np.tile(expected, (3, 1)), atol=1e-6)


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
def test_second_model_becomes_champion_and_the_first_previous() -> None:
    register()
    second = register(slope=3.0, evidence_hash="e2")
    assert second.aliases == ("champion",)
    assert aliases() == {"champion": 2, "previous": 1}
    register(slope=2.0, evidence_hash="e3")
    assert aliases() == {"champion": 3, "previous": 2}


@pytest.mark.usefixtures("database")
def test_registering_an_earlier_model_again_makes_it_the_champion_again() -> None:
    register()
    register(slope=3.0, evidence_hash="e2")
    again = register(run_id="run-2")
    assert (again.version, again.aliases) == (1, ("champion",))
    assert aliases() == {"champion": 1, "previous": 2}


@pytest.mark.usefixtures("database")
def test_registering_the_champion_again_leaves_the_previous_one() -> None:
    register()
    register(slope=3.0, evidence_hash="e2")
    assert register(slope=3.0, evidence_hash="e2").aliases == ("champion",)
    assert aliases() == {"champion": 2, "previous": 1}


@pytest.mark.usefixtures("database")
def test_failure_while_an_earlier_model_comes_back_leaves_every_alias(monkeypatch: pytest.MonkeyPatch) -> None:
    register()
    register(slope=3.0, evidence_hash="e2")
    with monkeypatch.context() as failing:
        failing.setattr(MlflowClient, "set_model_version_tag", refuse)
        with pytest.raises(RegistryError, match="on fire"):
            register()
    assert aliases() == {"champion": 2, "previous": 1}


@pytest.mark.usefixtures("database")
def test_card_is_the_one_that_is_stored_with_the_version() -> None:
    first = register_with_card(run_id="run-1")
    again = register_with_card(run_id="run-2")
    assert again.card == first.card
    assert (first.card.version, again.card.provenance.run_id) == ("1.0.0", "run-1")
    files = Path(mlflow.artifacts.download_artifacts(first.version.uri))
    assert json.loads((files / "card.json").read_text()) == again.card.to_dict()


@pytest.mark.usefixtures("database")
def test_every_version_of_one_run_keeps_its_own_card() -> None:
    register()
    register(evidence_hash="e2")
    assert register_with_card().card.provenance.evidence_hash == "e1"
    assert register_with_card(evidence_hash="e2").card.provenance.evidence_hash == "e2"


def test_card_that_is_damaged_is_one_sentence(database: Path) -> None:
    register()
    (card,) = (database.parent / "artifacts").rglob("card.json")
    card.write_text("{")
    with pytest.raises(RegistryError, match=r"model card of models:/lung-brightness/1 .* cannot be read"):
        register()


@pytest.mark.usefixtures("database")
def test_card_of_another_version_is_refused() -> None:
    registration = register_with_card()
    with pytest.raises(ValueError, match=r"card of version 1\.0\.0"):
        Registration(version=registration.version, card=registration.card.with_version("1.0.1"))


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


@pytest.mark.usefixtures("database")
def test_failure_while_promoting_leaves_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    register()
    register(slope=3.0, evidence_hash="e2")
    with monkeypatch.context() as failing:
        failing.setattr(MlflowClient, "set_model_version_tag", refuse)
        with pytest.raises(RegistryError, match="on fire"):
            register(slope=2.0, evidence_hash="e3")
    assert aliases() == {"champion": 2, "previous": 1}
    assert sorted(int(found.version) for found in MlflowClient().search_model_versions(f"name = '{NAME}'")) == [1, 2]


@pytest.mark.usefixtures("database")
def test_a_champion_that_came_meanwhile_is_not_replaced() -> None:
    with pytest.raises(RegistryError, match=r"Expected version 1 to be the champion .* but it is no version"):
        register(held_against=HeldAgainst(version=1))
    assert not MlflowClient().search_registered_models()
    first = register(held_against=HeldAgainst(version=None))
    second = register(slope=2.0, predictions="p2", held_against=HeldAgainst(version=first.version))
    with pytest.raises(RegistryError, match=r"Expected version 1 .* but it is version 2: this model was not compared"):
        register(slope=3.0, predictions="p3", held_against=HeldAgainst(version=first.version))
    with pytest.raises(RegistryError, match="is version 2"):
        register(held_against=HeldAgainst(version=None))
    assert aliases() == {"champion": second.version, "previous": first.version}
    assert len(MlflowClient().search_model_versions(f"name = '{NAME}'")) == 2
    again = register(slope=2.0, predictions="p2", held_against=HeldAgainst(version=first.version))
    assert again.version == second.version


@pytest.mark.usefixtures("database")
def test_a_champion_that_is_judged_by_other_thresholds_replaces_itself() -> None:
    alone = HeldAgainst(version=None)
    register(held_against=alone)
    assert register(evidence_hash="other-thresholds", held_against=alone).version == 2
    against_second = HeldAgainst(version=2)
    register(slope=2.0, predictions="p2", evidence_hash="e2", held_against=against_second)
    judged_anew = register(slope=2.0, predictions="p2", evidence_hash="e3", held_against=against_second)
    assert aliases() == {"champion": judged_anew.version, "previous": 3}


@pytest.mark.usefixtures("database")
def test_failure_at_the_first_model_leaves_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MlflowClient, "create_model_version", refuse)
    with pytest.raises(RegistryError, match="on fire"):
        register()
    assert MlflowClient().search_registered_models() == []


@pytest.mark.usefixtures("database")
def test_version_that_a_killed_process_left_is_finished(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as killed:
        killed.setattr(model_registry, "give_alias", lambda *_, **__: None)
        assert register().aliases == ()
    assert register().aliases == ("champion",)
    assert len(MlflowClient().search_model_versions(f"name = '{NAME}'")) == 1


@pytest.mark.usefixtures("database")
def test_long_card_is_shortened_in_the_description_only() -> None:
    exported, card = make_exported(), make_card()
    long_card = type(card)(**{**vars(card), "limits": tuple(f"limit {number} " + "x" * 80 for number in range(200))})
    registered = register_model(
        exported=exported,
        card=long_card,
        gate_report=make_gate_report(),
        lineage=make_lineage(),
        name=NAME,
        experiment="lung",
    ).version
    description = MlflowClient().get_model_version(NAME, "1").description
    assert description is not None
    assert len(description) <= 5000
    assert description.endswith("card.md.\n")
    files = Path(mlflow.artifacts.download_artifacts(registered.uri))
    assert "limit 199" in (files / "card.md").read_text()


def test_real_server_registers_and_serves_the_files(empty_database: Path, tmp_path: Path) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    store = tmp_path / "server"
    store.mkdir()
    shutil.copyfile(empty_database, store / "mlflow.db")
    command = [
        *(sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
        *("--backend-store-uri", f"sqlite:///{store}/mlflow.db", "--artifacts-destination", str(store / "files")),
    ]
    environment = {"MLFLOW_DISABLE_TELEMETRY": "true"}
    previous = mlflow.get_tracking_uri()
    with running_server(
        command, address=address, ready="/health", cwd=store, environment=environment, log=tmp_path / "log"
    ):
        mlflow.set_tracking_uri(address)
        try:
            first = register()
            assert register() == first
            assert register(slope=3.0, evidence_hash="e2").semantic_version == "1.0.1"
            assert aliases() == {"champion": 2, "previous": 1}
            loaded = mlflow_onnx.load_model(f"models:/{NAME}@previous")
            assert loaded.SerializeToString() == make_exported().onnx
        finally:
            mlflow.set_tracking_uri(previous)
