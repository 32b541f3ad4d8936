"""What is registered in MLflow stands in ZenML's Model Control Plane, linked and staged likewise."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import mlflow
import pytest
from zenml.client import Client
from zenml.models import ModelVersionResponse

from medimage.registry.champion_change import Author
from medimage.registry.find_models import find_version_called
from medimage.registry.promotion import promote_version
from medimage.registry.rollback import roll_back
from pipelines.registry import run
from pipelines.registry_arguments import read_arguments
from pipelines.zenml_database import open_zenml
from steps.control_plane import link_version, stage_versions
from tests.support.registered import NAME, register_brightness
from tests.support.small_pipelines import finishing_pipeline


@pytest.fixture(autouse=True)
def registry(tmp_path: Path) -> Iterator[None]:
    open_zenml()
    previous = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")
    yield
    mlflow.set_tracking_uri(previous)
    with suppress(KeyError):
        Client().delete_model(NAME)


def staged() -> dict[int, str | None]:
    """Returns the stage of each version by its number in MLflow."""
    model = Client().get_model(NAME)
    versions = Client().list_model_versions(model=model.id, hydrate=True).items
    return {int(str(each.run_metadata["mlflow_version"])): each.stage for each in versions}


def version(number: int) -> ModelVersionResponse:
    model = Client().get_model(NAME)
    (found,) = [
        each
        for each in Client().list_model_versions(model=model.id, hydrate=True).items
        if each.run_metadata["mlflow_version"] == number
    ]
    return found


def test_a_version_is_linked_with_its_run_its_artifacts_and_its_place_in_mlflow_once() -> None:
    number = register_brightness(1)
    finished = finishing_pipeline()
    assert finished is not None
    for _ in range(2):
        link_version(NAME, number, run=Client().get_pipeline_run(finished.id))
        stage_versions(NAME)
    linked = version(number)
    assert linked.name is not None
    assert linked.name.startswith("1.0.0+")
    facts = dict(linked.run_metadata)
    sha256 = mlflow.MlflowClient().get_model_version(NAME, "1").tags["onnx_sha256"]
    assert facts == {
        "mlflow_uri": f"models:/{NAME}/1",
        "mlflow_version": 1,
        "semantic_version": "1.0.0",
        "onnx_sha256": sha256,
        "gate_verdict": "PASS",
    }
    (artifact,) = Client().list_model_version_artifact_links(model_version_id=linked.id).items
    assert artifact.artifact_version.id == finished.steps["finish"].outputs["output"][0].id
    (run_link,) = Client().list_model_version_pipeline_run_links(model_version_id=linked.id).items
    assert run_link.pipeline_run.id == finished.id


def test_stages_follow_the_aliases_through_promotion_and_rollback() -> None:
    author = Author(by="anna")
    register_brightness(1)
    stage_versions(NAME)
    assert staged() == {1: "production"}
    register_brightness(2, alias="challenger", compared_with=1)
    stage_versions(NAME)
    assert staged() == {1: "production", 2: "staging"}
    promote_version(find_version_called(f"{NAME}@challenger"), author=author)
    stage_versions(NAME)
    assert staged() == {1: "archived", 2: "production"}
    roll_back(NAME, author=author)
    stage_versions(NAME)
    assert staged() == {1: "production", 2: "archived"}


def test_nothing_is_written_where_everything_is_as_it_should_be() -> None:
    register_brightness(1)
    register_brightness(2)
    stage_versions(NAME)
    before = {number: version(number).updated for number in (1, 2)}
    stage_versions(NAME)
    assert {number: version(number).updated for number in (1, 2)} == before


def test_the_command_stages_what_it_promotes_and_rolls_back() -> None:
    register_brightness(1)
    register_brightness(2)
    assert run(read_arguments(["rollback", NAME])) == 0
    assert staged() == {1: "production"}
    assert run(read_arguments(["promote", f"{NAME}/2", "--force", "--by", "anna", "--reason", "needed"])) == 0
    assert staged() == {1: "archived", 2: "production"}
    Client().get_model_version(NAME, version(2).name).set_stage("none")
    assert run(read_arguments(["promote", f"{NAME}/2"])) == 0
    assert staged()[2] == "production"


def test_a_registry_that_was_begun_anew_gets_versions_of_its_own(tmp_path: Path) -> None:
    register_brightness(1)
    stage_versions(NAME)
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/another.db")
    register_brightness(2)
    stage_versions(NAME)
    model = Client().get_model(NAME)
    found = Client().list_model_versions(model=model.id).items
    assert sorted(str(each.stage) for each in found) == ["archived", "production"]
