"""Registered versions in ZenML's Model Control Plane: linked with what they came from, staged by their aliases."""

from collections.abc import Iterator, Mapping
from typing import Final

from zenml import Model
from zenml.client import Client
from zenml.enums import MetadataResourceTypes, ModelStages
from zenml.models import (
    ModelVersionArtifactRequest,
    ModelVersionPipelineRunRequest,
    ModelVersionResponse,
    PipelineRunResponse,
    RunMetadataResource,
)

from medimage.registry.aliases import CHALLENGER, CHAMPION, PREVIOUS
from medimage.registry.model_list import ListedVersion, list_models

_STAGES: Final = {
    CHAMPION: ModelStages.PRODUCTION,
    CHALLENGER: ModelStages.STAGING,
    PREVIOUS: ModelStages.ARCHIVED,
}
"""Alias in MLflow → stage in ZenML. A version that has lost its alias is archived."""

_PAGE = 500


def link_version(name: str, number: int, *, run: PipelineRunResponse) -> None:
    """Creates ZenML's version of a registered one where it is missing, and links a run and all it gave with it.

    What is linked already stays as it is.

    Args:
        name: The registered model.
        number: The registry's number of the version.
        run: The run that registered it, or found it registered.

    Raises:
        RegistryError: If the tracking server cannot be reached or refuses.
    """
    (model,) = list_models(name)
    listed = next(each for each in model.versions if each.version == number)
    version = _get_or_create(name, listed)
    store = Client().zen_store
    store.create_model_version_pipeline_run_link(
        ModelVersionPipelineRunRequest(model_version=version.id, pipeline_run=run.id)
    )
    given = {
        artifact.id for step in run.steps.values() for artifacts in step.outputs.values() for artifact in artifacts
    }
    for artifact in sorted(given):
        store.create_model_version_artifact_link(
            ModelVersionArtifactRequest(model_version=version.id, artifact_version=artifact)
        )


def stage_versions(name: str) -> None:
    """Gives ZenML's versions of a registered model the stages that go with their aliases in MLflow.

    A version with an alias is created where it is missing, such as one that was registered from another machine.

    Args:
        name: The registered model.

    Raises:
        RegistryError: If the tracking server cannot be reached or refuses.
    """
    (model,) = list_models(name)
    wanted = {_name(each): stage for each in model.versions if (stage := _stage_of(each)) is not None}
    for each in model.versions:
        if _name(each) in wanted and each.semantic_version:
            _get_or_create(name, each)
    client = Client()
    versions = list(_versions(client, name))
    # Those that leave a stage come first: ZenML lets one version be in production, and one in staging.
    for version in sorted(versions, key=lambda version: str(version.name) in wanted):
        stage = wanted.get(str(version.name))
        if stage is None and version.stage in (ModelStages.PRODUCTION, ModelStages.STAGING):
            stage = ModelStages.ARCHIVED
        if stage is not None and version.stage != stage:
            version.set_stage(stage, force=True)


def _stage_of(listed: ListedVersion) -> ModelStages | None:
    return next((stage for alias, stage in _STAGES.items() if alias in listed.aliases), None)


def _name(listed: ListedVersion) -> str:
    """Returns the name of ZenML's version: another graph never has the same one, even in a registry begun anew."""
    return f"{listed.semantic_version}+{listed.onnx_sha256[:12]}"


def _get_or_create(name: str, listed: ListedVersion) -> ModelVersionResponse:
    client = Client()
    identifier = Model(name=name, version=_name(listed), save_models_to_registry=False).id
    version = client.get_model_version(model_version_name_or_number_or_id=identifier)
    facts: Mapping[str, str | int] = {
        "mlflow_uri": f"models:/{name}/{listed.version}",
        "mlflow_version": listed.version,
        "semantic_version": listed.semantic_version,
        "onnx_sha256": listed.onnx_sha256,
        "gate_verdict": listed.verdict,
    }
    if any(version.run_metadata.get(key) != value for key, value in facts.items()):
        client.create_run_metadata(
            metadata=dict(facts),
            resources=[RunMetadataResource(id=version.id, type=MetadataResourceTypes.MODEL_VERSION)],
        )
    return version


def _versions(client: Client, name: str) -> Iterator[ModelVersionResponse]:
    try:
        model = client.get_model(name)
    except KeyError:
        return
    page = 1
    while True:
        found = client.list_model_versions(model=model.id, size=_PAGE, page=page)
        yield from found.items
        if page >= found.total_pages:
            return
        page += 1
