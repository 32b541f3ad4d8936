"""What a finished training run left behind."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zenml.models import PipelineRunResponse

from medimage.data.split import Split
from medimage.errors import MedimageError
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.gate_report import GateReport
from medimage.registry.model_registry import look_up
from medimage.registry.registered_version import RegisteredVersion
from medimage.workspace import workspace


@dataclass(frozen=True, kw_only=True)
class RunOutcome:
    """Artifacts of a run, and where the files are that a person opens.

    Attributes:
        run_id: ZenML's id of the run.
        run_name: ZenML's name of the run.
        gate_report: The verdict.
        evaluation: The metrics.
        data_hash: Content hash of the split: images, labels, groups and parts.
        report_path: The HTML report.
        registered: The registered version; None where the gate did not pass.
        onnx_path: The exported graph; None where the gate did not pass.
        bento_tag: Tag of the Bento; None where the gate did not pass.
        steps: Status and seconds of each step.
    """

    run_id: str
    run_name: str
    gate_report: GateReport
    evaluation: Evaluation
    data_hash: str
    report_path: Path
    registered: RegisteredVersion | None
    onnx_path: Path | None
    bento_tag: str | None
    steps: dict[str, dict[str, Any]]


def read_outcome(run: PipelineRunResponse) -> RunOutcome:
    """Loads what a run left in the artifact store and puts report and graph where a person finds them.

    Raises:
        MedimageError: If the run did not reach the gate, with the step that failed.
    """
    folder = workspace() / "runs" / run.name
    folder.mkdir(parents=True, exist_ok=True)
    steps = step_statuses(run)
    failed = [name for name, step in steps.items() if step["status"] not in ("completed", "cached")]
    if failed:
        raise MedimageError(
            f"The run {run.name} ended {run.status}: {', '.join(failed)} did not complete. Its logs are in the ZenML "
            "dashboard: medimage dashboard."
        )
    gate_report: GateReport = _load(run, "medical_validation_gate", "gate_report")
    split: Split = _load(run, "split_dataset", "split")
    report_path = folder / "report.html"
    report_path.write_text(_load(run, "write_report", "report").html, encoding="utf-8")
    registered, onnx_path, bento_tag = None, None, None
    if "package_bento" in run.steps:
        registered = look_up(_load(run, "promote_model", "registered"))
        onnx_path = folder / "model.onnx"
        onnx_path.write_bytes(_load(run, "export_onnx", "exported").onnx)
        bento = _load(run, "package_bento", "bento")
        bento.install(Path(os.environ["BENTOML_HOME"]))
        bento_tag = bento.tag
    return RunOutcome(
        run_id=str(run.id),
        run_name=run.name,
        gate_report=gate_report,
        evaluation=_load(run, "evaluate_model", "evaluation"),
        data_hash=split.content_hash,
        report_path=report_path,
        registered=registered,
        onnx_path=onnx_path,
        bento_tag=bento_tag,
        steps=steps,
    )


def step_statuses(run: PipelineRunResponse) -> dict[str, dict[str, Any]]:
    """Returns status (`completed`, `cached` or `failed`) and seconds of each step that was begun."""
    return {name: _step_status(step) for name, step in run.steps.items()}


def _load(run: PipelineRunResponse, step: str, output: str) -> Any:
    return run.steps[step].outputs[output][0].load()


def _step_status(step: Any) -> dict[str, Any]:
    status = str(step.status)
    started, ended = step.start_time, step.end_time
    seconds = (ended - started).total_seconds() if started and ended and status != "cached" else 0.0
    return {"status": status, "seconds": round(seconds, 3)}
