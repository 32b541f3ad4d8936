from pathlib import Path

import mlflow
import pytest
from mlflow import MlflowClient

from medimage.errors import RegistryError
from medimage.registry.champion import Champion, find_champion
from medimage.registry.model_registry import register_model
from tests.support.exported import make_card, make_exported, make_gate_report, make_lineage
from tests.support.processes import free_port

NAME = "lung-brightness"


def register(slope: float, *, predictions: str, compared_with: int | None = None) -> None:
    register_model(
        exported=make_exported(slope=slope),
        card=make_card(evidence_hash=predictions),
        gate_report=make_gate_report(),
        lineage=make_lineage(predictions=predictions, compared_with=compared_with),
        name=NAME,
        experiment="lung",
    )


def champion() -> Champion:
    found = find_champion(NAME)
    assert found is not None
    return found


@pytest.mark.usefixtures("database")
def test_without_a_model_or_an_alias_there_is_no_champion() -> None:
    assert find_champion(NAME) is None
    register(1.0, predictions="p1")
    MlflowClient().delete_registered_model_alias(NAME, "champion")
    assert find_champion(NAME) is None


def test_a_database_that_is_still_to_be_made_has_none_and_is_not_made(tmp_path: Path) -> None:
    previous, file = mlflow.get_tracking_uri(), tmp_path / "mlflow.db"
    mlflow.set_tracking_uri(f"sqlite:///{file}")
    try:
        assert find_champion(NAME) is None
    finally:
        mlflow.set_tracking_uri(previous)
    assert not file.exists()


@pytest.mark.usefixtures("database")
def test_a_candidate_is_held_against_the_champion_and_the_champion_against_the_one_before_it() -> None:
    register(1.0, predictions="p1")
    assert champion().opponent_of("p1") is None
    assert champion().opponent_of("p2") == champion().reference
    first = champion().reference
    assert (first.version, first.onnx_sha256) == (1, make_exported(slope=1.0).sha256)
    register(2.0, predictions="p2", compared_with=1)
    assert champion().reference.version == 2
    assert champion().opponent_of("p2") == first
    assert champion().opponent_of("p3") == champion().reference


@pytest.mark.usefixtures("database")
def test_a_champion_whose_predecessor_was_deleted_has_none() -> None:
    register(1.0, predictions="p1")
    register(2.0, predictions="p2", compared_with=1)
    MlflowClient().delete_model_version(NAME, "1")
    assert champion().predecessor is None


@pytest.mark.usefixtures("database")
def test_a_champion_that_something_else_registered_is_refused_with_the_way_out() -> None:
    client = MlflowClient()
    client.create_registered_model(NAME)
    client.create_model_version(NAME, source="file:///nowhere")
    client.set_registered_model_alias(NAME, "champion", "1")
    with pytest.raises(RegistryError, match=r"registered by something else.*gate\.champion\.comparison: off"):
        find_champion(NAME)


def test_a_server_that_is_away_is_told() -> None:
    previous = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(f"http://127.0.0.1:{free_port()}")
    try:
        with pytest.raises(RegistryError, match="does not answer"):
            find_champion(NAME)
    finally:
        mlflow.set_tracking_uri(previous)
