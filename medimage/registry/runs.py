"""MLflow experiments and runs, found or created."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medimage.errors import RegistryError
from medimage.registry.tracking_server import sqlite_file
from medimage.workspace import is_of_dead_process, owner_prefix

if TYPE_CHECKING:
    from mlflow import MlflowClient

_EXPERIMENT_TAGS = {"mlflow.experimentKind": "custom_model_development"}
# Without it MLflow's pages take an experiment for one with language models, and hide its curves.

RUN_TAG = "medimage.run_id"
"""Tag of an MLflow run: the pipeline run it belongs to."""

PROCESS_TAG = "medimage.process"
"""Tag of an MLflow run: machine and number of the process that began it."""


def find_or_create_run(client: MlflowClient, *, experiment: str, run_id: str) -> str:
    """Returns the id of the MLflow run that belongs to a pipeline run, so that every step logs into the same.

    Args:
        client: From `open_client`.
        experiment: Name of the experiment; created when missing.
        run_id: Id of the pipeline run.

    Raises:
        RegistryError: If the experiment was deleted.
        MlflowException: If the server refuses.
    """
    experiment_id = _find_or_create_experiment(client, experiment)
    found = _oldest_run(client, experiment_id=experiment_id, run_id=run_id)
    if found is not None:
        return found
    _end_dead_runs(client, experiment_id)
    tags = {RUN_TAG: run_id, PROCESS_TAG: owner_prefix()}
    created = client.create_run(experiment_id, tags=tags, run_name=run_id).info.run_id
    # Two steps may create a run at the same time: both then take the older one.
    oldest = _oldest_run(client, experiment_id=experiment_id, run_id=run_id) or created
    if oldest != created:
        client.delete_run(created)
    return oldest


def find_run(client: MlflowClient, *, experiment: str, run_id: str) -> str | None:
    """Returns the id of the MLflow run that belongs to a pipeline run, or None where there is none."""
    found = client.get_experiment_by_name(experiment)
    return None if found is None else _oldest_run(client, experiment_id=found.experiment_id, run_id=run_id)


def _end_dead_runs(client: MlflowClient, experiment_id: str) -> None:
    """Gives runs whose process was killed, so that nobody could, their final status."""
    for run in client.search_runs([experiment_id], filter_string="attributes.status = 'RUNNING'"):
        if is_of_dead_process(run.data.tags.get(PROCESS_TAG, "")):
            client.set_terminated(run.info.run_id, "KILLED")


def _oldest_run(client: MlflowClient, *, experiment_id: str, run_id: str) -> str | None:
    runs = client.search_runs(
        [experiment_id],
        filter_string=f"tags.`{RUN_TAG}` = '{run_id}'",
        order_by=["attributes.start_time ASC", "attributes.run_id ASC"],
        max_results=1,
    )
    return runs[0].info.run_id if runs else None


def _find_or_create_experiment(client: MlflowClient, name: str) -> str:
    experiment = client.get_experiment_by_name(name)
    if experiment is None:
        experiment_id = _create_experiment(client, name)
        if experiment_id is not None:
            return experiment_id
        experiment = client.get_experiment_by_name(name)
    if experiment is None or experiment.lifecycle_stage == "deleted":
        raise RegistryError(
            f"Expected an MLflow experiment named {name!r} but it was deleted. Restore it with "
            "`mlflow experiments restore`, or choose another name under registry.experiment."
        )
    return experiment.experiment_id


def _create_experiment(client: MlflowClient, name: str) -> str | None:
    """Returns the new experiment's id, or None where another process was faster."""
    from mlflow.exceptions import MlflowException  # noqa: PLC0415 - see open_client

    try:
        return client.create_experiment(name, artifact_location=_artifact_location(client), tags=_EXPERIMENT_TAGS)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
        return None


def _artifact_location(client: MlflowClient) -> str | None:
    """Returns a folder beside a database file; MLflow would use the current directory. A server knows its own."""
    file = sqlite_file(client.tracking_uri)
    return None if file is None else (file.parent / "artifacts").as_uri()
