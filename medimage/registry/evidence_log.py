"""The evidence of a run in MLflow: beside the card of the model that it registered, or in its own run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from medimage.evidence.evidence_file import read_evidence
from medimage.evidence.manifest import Evidence
from medimage.registry.registered_version import RegisteredVersion
from medimage.registry.runs import find_run
from medimage.registry.tracking_server import open_client
from medimage.service_calls import ServiceCalls

if TYPE_CHECKING:
    from mlflow import MlflowClient

CLAIMS_TAG: Final = "evidence_claims_sha256"
"""Tag of a registered version: what stands for everything but the circumstances of the run that registered it."""

RUN_FOLDER: Final = "run"
"""Folder of a registered version for what its run said of it."""

_ROLES_BESIDE_CARD: Final = ("card", "dossier", "gate", "metrics", "precision")
"""Documents of the run that go with its evidence: the registry's own card is the short one that is served."""

_WRITING_SECONDS: Final = 60.0


def log_evidence(path: Path, *, experiment: str, run_id: str, registered: RegisteredVersion | None) -> None:
    """Stores evidence in MLflow; a server that fails or does not answer is one warning.

    Beside the card of a registered version, the whole card of the run, its gate report, metrics and dossier go with it.
    A version keeps the evidence of the run that registered it: a later run that finds it registered changes nothing.

    Args:
        path: The `evidence.json` of a run.
        experiment: MLflow experiment.
        run_id: Id of the pipeline run.
        registered: The version that the run registered, or found registered; None where there is none.
    """
    evidence = read_evidence(path).evidence

    def store() -> None:
        client = open_client()
        if registered is None:
            # A run that took everything from the cache has none, and needs none.
            mlflow_run = find_run(client, experiment=experiment, run_id=run_id)
            if mlflow_run is not None:
                client.log_artifact(mlflow_run, str(path))
        else:
            _store_beside_card(client, path, registered, evidence)

    calls = ServiceCalls("MLflow")
    calls.submit(store, extra_seconds=_WRITING_SECONDS)
    calls.finish()


def _store_beside_card(client: MlflowClient, path: Path, registered: RegisteredVersion, evidence: Evidence) -> None:
    version = client.get_model_version(registered.name, str(registered.version))
    if CLAIMS_TAG in version.tags:
        return
    prefix = f"runs:/{version.run_id}/"
    if version.run_id and (version.source or "").startswith(prefix):
        folder = str(version.source).removeprefix(prefix)
        for file in evidence.files:
            if file.role in _ROLES_BESIDE_CARD:
                client.log_artifact(version.run_id, str(path.parent / file.name), f"{folder}/{RUN_FOLDER}")
        client.log_artifact(version.run_id, str(path), folder)
    client.set_model_version_tag(registered.name, str(registered.version), CLAIMS_TAG, evidence.claims_sha256)
