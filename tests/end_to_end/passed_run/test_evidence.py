"""The evidence of a run whose gate is open."""

from pathlib import Path

import pytest

from medimage.evidence.check import Result
from medimage.evidence.verification import verify
from tests.conftest import PROJECT
from tests.support.commands import Finished

pytestmark = pytest.mark.end_to_end


def test_the_evidence_binds_every_file_of_the_run_and_its_model(first: Finished, home: Path) -> None:
    import mlflow

    folder = Path(first.summary["report"]).parent
    verification = verify(folder, code=PROJECT)
    assert not verification.wrong
    evidence = verification.evidence
    roles = {file.role for file in evidence.files}
    assert roles >= {
        "card",
        "dossier",
        "code",
        "configuration",
        "gate",
        "images",
        "metrics",
        "onnx",
        "predictions",
        "report",
        "sbom",
    }
    assert {file.name for file in evidence.logs} >= {"stage1.csv", "stage2.csv"}
    (weights,) = (check for check in verification.checks if check.role == "weights")
    assert weights.result is Result.SAME
    claims = evidence.claims
    assert (claims["verdict"], claims["model"]) == ("PASS", first.summary["model"]["name"])
    assert claims["configuration_sha256"] == first.summary["config_hash"]
    assert claims["split_sha256"] == first.summary["data_hash"]
    uri = f"sqlite:///{home}/mlflow/mlflow.db"
    client = mlflow.MlflowClient(tracking_uri=uri, registry_uri=uri)
    version = client.get_model_version(first.summary["model"]["name"], str(first.summary["model"]["version"]))
    assert version.tags["evidence_claims_sha256"] == evidence.claims_sha256
    (folder / "gate.json").write_bytes((folder / "gate.json").read_bytes() + b"\n")
    assert [check.what for check in verify(folder).wrong] == ["gate.json"]
