"""What is to be done where a run did not come to its end."""

import json
import logging
from pathlib import Path
from typing import Any

from medimage.evaluation.gate.gate_report import GateReport
from medimage.registry.look_up import look_up
from medimage.registry.run_status import mark_run
from medimage.whole_file import write_whole
from pipelines.data_settings import DataSettings
from pipelines.run_files import load_output, write_exported, write_page
from pipelines.run_outcome import ENDED_WELL, OutcomeSteps, step_statuses
from pipelines.run_snapshot import RunSnapshot, find_run
from pipelines.stacks.cluster_run import goes_on
from pipelines.summary import model_values, no_model
from steps.branch import branch_of, branch_run

logger = logging.getLogger(__name__)


def record_failure(
    error: BaseException,
    *,
    steps: OutcomeSteps | None,
    settings: DataSettings,
    run_name: str,
    summary: Path | None,
) -> None:
    """Gives the run's MLflow run its final status, and writes the summary of what it found out until then.

    A run that goes on in a cluster, which this command has lost or was told to leave, has no final status yet.

    Args:
        error: What ended the run.
        steps: Which steps leave verdict, metrics and report; None where there is not one of each.
        settings: The run's settings.
        run_name: ZenML's name of the run, which may not have been started.
        summary: File to write the summary to.
    """
    run = _run_called(run_name)
    if run is not None and not goes_on(run.response):
        status = "KILLED" if isinstance(error, KeyboardInterrupt) else "FAILED"
        for branch in sorted({branch_of(name) for name in run.steps} | {""}):
            mark_run(experiment=settings.experiment, run_id=branch_run(run.name, branch), status=status)
    if summary is not None:
        values: dict[str, Any] = {
            "run_id": str(run.id) if run is not None else None,
            "config_hash": settings.config_hash,
            "data_hash": None,
            "verdict": None,
            "criteria": [],
            "metrics": {},
            "model": no_model(settings.registered_name),
            "onnx": None,
            "bento": None,
            "report": None,
            "steps": step_statuses(run) if run is not None else {},
            "error": str(error) or type(error).__name__,
            **(_found_out(run, steps) if run is not None and steps is not None else {}),
        }
        text = json.dumps(values, indent=2, ensure_ascii=False)
        # A file name in the error may be no text.
        write_whole(summary, text.encode("utf-8", errors="backslashreplace") + b"\n")


def _found_out(run: RunSnapshot, steps: OutcomeSteps) -> dict[str, Any]:
    """Returns data, metrics, verdict, report and model as far as their steps came to an end before another failed."""
    ended = {name for name, step in step_statuses(run).items() if step["status"] in ENDED_WELL}
    parts = {
        steps.split: lambda: {"data_hash": steps.data_hash(run)},
        steps.evaluate: lambda: {"metrics": load_output(run, steps.evaluate, "evaluation").summary()},
        steps.gate: lambda: _verdict(load_output(run, steps.gate, "gate_report")),
        steps.report: lambda: {"report": str(write_page(run, steps.report))},
        steps.export: lambda: {"onnx": str(write_exported(run, steps.export)[0])},
        steps.promote: lambda: {"model": model_values(look_up(load_output(run, steps.promote, "registered")))},
    }
    found: dict[str, Any] = {}
    for step, read in parts.items():
        if step in ended:
            try:
                found |= read()
            except Exception as error:
                # What ended the run may be the reason, such as a full disk, and is what the user must hear of.
                logger.warning("What the step %s had found out cannot be told: %s", step, error)
    return found


def _verdict(gate_report: GateReport) -> dict[str, Any]:
    report = gate_report.to_dict()
    return {"verdict": report["verdict"], "criteria": report["criteria"]}


def _run_called(name: str) -> RunSnapshot | None:
    """Returns the run of that name, or None where an error came before its start, or ZenML's server is away."""
    try:
        return find_run(name)
    except Exception as error:  # What ended the run is what the user must hear of, and not what cannot be asked now.
        logger.warning("How far the run %s came cannot be told: %s", name, error)
        return None
