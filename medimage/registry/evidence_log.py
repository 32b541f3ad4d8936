"""The evidence of a run in MLflow: beside the card of the model that it registered, or in its own run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from medimage.evidence.evidence_file import read_evidence
from medimage.registry.registered_version import RegisteredVersion
from medimage.registry.runs import find_run
from medimage.registry.tracking_server import open_client
from medimage.service_calls import ServiceCalls

if TYPE_CHECKING:
    from mlflow import MlflowClient

CLAIMS_TAG: Final = "evidence_claims_sha256"
"""Tag of a registered version: what stands for everything but the circumstances of the run that registered it."""

_WRITING_SECONDS: Final = 60.0


def log_evidence(path: Path, *, experiment: str, run_id: str, registered: RegisteredVersion | None) -> None:
    """Stores evidence in MLflow; a server that fails or does not answer is one warning.

    A version keeps the evidence of the run that registered it: a later run that finds it registered changes nothing.

    Args:
        path: The `evidence.json` of a run.
        experiment: MLflow experiment.
        run_id: Id of the pipeline run.
        registered: The version that the run registered, or found registered; None where there is none.
    """
    claims = read_evidence(path).evidence.claims_sha256

    def store() -> None:
        client = open_client()
        if registered is None:
            # A run that took everything from the cache has none, and needs none.
            mlflow_run = find_run(client, experiment=experiment, run_id=run_id)
            if mlflow_run is not None:
                client.log_artifact(mlflow_run, str(path))
        else:
            _store_beside_card(client, path, registered, claims=claims)

    calls = ServiceCalls("MLflow")
    calls.submit(store, extra_seconds=_WRITING_SECONDS)
    calls.finish()


def _store_beside_card(client: MlflowClient, path: Path, registered: RegisteredVersion, *, claims: str) -> None:
    version = client.get_model_version(registered.name, str(registered.version))
    if CLAIMS_TAG in version.tags:
        return
    prefix = f"runs:/{version.run_id}/"
    if version.run_id and (version.source or "").startswith(prefix):
        client.log_artifact(version.run_id, str(path), str(version.source).removeprefix(prefix))
    client.set_model_version_tag(registered.name, str(registered.version), CLAIMS_TAG, claims)
