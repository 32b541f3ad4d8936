"""What a finished training run left behind."""

import os
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zenml.enums import ExecutionStatus

from medimage.data.split import Split
from medimage.errors import MedimageError
from medimage.evaluation.comparison.champion_comparison import ChampionComparison
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.gate.gate_report import GateReport
from medimage.evaluation.subgroups.summary import subgroup_summary
from medimage.registry.look_up import look_up
from medimage.registry.registered_version import RegisteredVersion
from pipelines.run_files import has_ended, load_output, load_precisions, write_exported, write_page
from pipelines.run_snapshot import RunSnapshot

ENDED_WELL = ("completed", "cached")
"""Statuses of a step whose outputs are there."""


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
        bento_tag: Tag of the Bento; None where the model is not to be served.
        steps: Status and seconds of each step.
        further: What the summary of this pipeline holds beside that of others, JSON-ready.
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
    further: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class OutcomeSteps:
    """Which steps of a pipeline leave its outcome.

    Attributes:
        split: Divides the images, for the first time where there are folds.
        data_hash: Gives the content hash of the split or splits of a run.
        gate: Gives the verdict.
        evaluate: Gives the metrics.
        report: Writes the page.
        export: Gives the graph.
        promote: Registers it.
    """

    split: str
    data_hash: Callable[[RunSnapshot], str]
    gate: str
    evaluate: str
    report: str
    export: str
    promote: str


def _hash_of_split(run: RunSnapshot) -> str:
    split: Split = load_output(run, TRAINING_STEPS.split, "split")
    return split.content_hash


TRAINING_STEPS = OutcomeSteps(
    split="split_dataset",
    data_hash=_hash_of_split,
    gate="medical_validation_gate",
    evaluate="evaluate_model",
    report="write_report",
    export="export_onnx",
    promote="promote_model",
)


def read_outcome(run: RunSnapshot) -> RunOutcome:
    """Loads what a training run left in the artifact store and puts report and graph where a person finds them.

    Raises:
        MedimageError: If the run did not reach the gate, with the step that failed.
    """
    require_completed(run)
    champion: ChampionComparison = load_output(run, "compare_with_champion", "champion_comparison")
    return collect_outcome(run, TRAINING_STEPS, further={"champion": champion.to_dict()})


def collect_outcome(run: RunSnapshot, names: OutcomeSteps, *, further: dict[str, Any] | None = None) -> RunOutcome:
    """Loads what a completed run left in the artifact store and puts report and graph where a person finds them.

    Args:
        run: The run.
        names: Which steps left it.
        further: What else belongs into the summary.
    """
    report_path = write_page(run, names.report)
    registered, onnx_path, bento_tag = None, None, None
    formats: list[dict[str, Any]] = []
    precisions = load_precisions(run)
    if has_ended(run, names.promote):
        registered = look_up(load_output(run, names.promote, "registered"))
        onnx_path, formats = write_exported(run, names.export)
    if has_ended(run, "package_bento"):
        bento = load_output(run, "package_bento", "bento")
        bento.install(Path(os.environ["BENTOML_HOME"]))
        bento_tag = bento.tag
    return RunOutcome(
        run_id=str(run.id),
        run_name=run.name,
        gate_report=load_output(run, names.gate, "gate_report"),
        evaluation=load_output(run, names.evaluate, "evaluation"),
        data_hash=names.data_hash(run),
        report_path=report_path,
        registered=registered,
        onnx_path=onnx_path,
        bento_tag=bento_tag,
        steps=step_statuses(run),
        further={
            "formats": formats,
            "precision": precisions.to_dict() if precisions else None,
            "subgroups": subgroup_summary(load_output(run, "evaluate_subgroups", "subgroups")),
            **(further or {}),
        },
    )


def require_completed(run: RunSnapshot, *, may_fail: Collection[str] = ()) -> None:
    """Does nothing where every step of a run came to its end.

    Args:
        run: The run.
        may_fail: Steps whose failure the run has dealt with.

    Raises:
        MedimageError: With the steps that did not.
    """
    failed = [
        name for name, step in step_statuses(run).items() if step["status"] not in ENDED_WELL and name not in may_fail
    ]
    if failed:
        raise MedimageError(
            f"The run {run.name} ended {run.status}: {', '.join(failed)} did not complete. Its logs are in the ZenML "
            "dashboard: medimage dashboard."
        )


def step_statuses(run: RunSnapshot) -> dict[str, dict[str, Any]]:
    """Returns status (`completed`, `cached` or `failed`) and seconds of each step that was begun.

    Where all steps are known before the first one, those that a decision leaves out are noted as skipped: as nowhere
    else, they are not told of.
    """
    begun = {name: step for name, step in run.steps.items() if step.status != ExecutionStatus.SKIPPED}
    return {name: _step_status(step) for name, step in begun.items()}


def _step_status(step: Any) -> dict[str, Any]:
    status = str(step.status)
    started, ended = step.start_time, step.end_time
    seconds = (ended - started).total_seconds() if started and ended and status != "cached" else 0.0
    return {"status": status, "seconds": round(seconds, 3)}
