"""Runs that train a model and do not register it: the gate, and a registry that is away."""

from pathlib import Path

import pytest

from medimage.evidence.verification import verify
from tests.support.commands import OPEN_GATE, TINY, Finished, train
from tests.support.processes import free_port

pytestmark = pytest.mark.end_to_end

# So that nothing is taken for registered already, and there is no champion.
ANOTHER_NAME = ("--registry.name", "never-registered")


def test_a_model_that_does_not_pass_is_reported_and_not_exported(first: Finished, home: Path) -> None:
    assert first.exit_code == 0
    finished = train(home, *TINY, *ANOTHER_NAME)
    assert finished.exit_code == 3
    assert finished.summary["verdict"] in ("FAIL", "INCONCLUSIVE")
    assert Path(finished.summary["report"]).exists()
    assert (finished.summary["onnx"], finished.summary["bento"], finished.summary["model"]["version"]) == (
        None,
        None,
        None,
    )
    assert not {"export_onnx", "promote_model", "package_bento"} & set(finished.summary["steps"])
    verification = verify(Path(finished.summary["report"]).parent)
    assert not verification.wrong
    assert verification.evidence.claims["verdict"] == finished.summary["verdict"]
    assert "onnx" not in {file.role for file in verification.evidence.files}
    assert "Traceback" not in finished.errors


def test_a_model_that_passed_and_cannot_be_registered_keeps_its_verdict(first: Finished, home: Path) -> None:
    assert first.exit_code == 0
    away = {"MLFLOW_TRACKING_URI": f"http://127.0.0.1:{free_port()}", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}
    finished = train(home, *TINY, *OPEN_GATE, *ANOTHER_NAME, **away)
    assert finished.exit_code == 1
    assert finished.statuses()["promote_model"] == "failed"
    assert (finished.summary["verdict"], finished.summary["model"]["version"]) == ("PASS", None)
    assert len(finished.summary["criteria"]) > 20
    assert len(finished.summary["data_hash"]) == 64
    assert Path(finished.summary["onnx"]).stat().st_size > 0
    assert 0 < finished.summary["metrics"]["accuracy"]["value"] <= 1
    assert "PASS" in Path(finished.summary["report"]).read_text()
    assert finished.summary["error"] in finished.errors
    assert "Traceback" not in finished.errors
