"""What is to be done where a run did not come to its end."""

import datetime
import json
import logging
from pathlib import Path
from typing import Any

from zenml.client import Client
from zenml.models import PipelineRunResponse

from medimage.errors import MedimageError
from medimage.registry.run_status import mark_run
from medimage.whole_file import write_whole
from pipelines.run_outcome import ENDED_WELL, OutcomeSteps, load_output, step_statuses, write_page
from pipelines.run_settings import RunSettings
from steps.branch import branch_of, branch_run

logger = logging.getLogger(__name__)


def record_failure(
    error: BaseException,
    *,
    steps: OutcomeSteps | None,
    settings: RunSettings,
    since: datetime.datetime,
    summary: Path | None,
) -> None:
    """Gives the run's MLflow run its final status, and writes the summary of what it found out until then.

    Args:
        error: What ended the run.
        steps: Which steps leave verdict, metrics and report; None where there is not one of each.
        settings: The run's settings.
        since: When the run was started.
        summary: File to write the summary to.
    """
    run = _latest_run(since)
    if run is not None:
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
            "model": {"name": settings.registered_name, "version": None, "aliases": []},
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


def _found_out(run: PipelineRunResponse, steps: OutcomeSteps) -> dict[str, Any]:
    """Returns verdict, metrics and report as far as their steps came to an end before another one failed."""
    ended = {name for name, step in step_statuses(run).items() if step["status"] in ENDED_WELL}
    found: dict[str, Any] = {}
    try:
        if steps.evaluate in ended:
            found["metrics"] = load_output(run, steps.evaluate, "evaluation").summary()
        if steps.gate in ended:
            report = load_output(run, steps.gate, "gate_report").to_dict()
            found |= {"verdict": report["verdict"], "criteria": report["criteria"]}
        if steps.report in ended:
            found["report"] = str(write_page(run, steps.report))
    except (MedimageError, OSError) as error:
        # What ended the run may be the same, such as a full disk, and is what the user must hear of.
        logger.warning("Not all that the run had found out can be told: %s", error)
    return found


def _latest_run(since: datetime.datetime) -> PipelineRunResponse | None:
    """Returns the newest run, if it was created since then: an error before the start leaves none."""
    client = Client()
    runs = client.list_pipeline_runs(sort_by="desc:created", size=1).items
    if not runs or runs[0].created.replace(tzinfo=datetime.UTC) < since:
        return None
    return client.get_pipeline_run(runs[0].id)
