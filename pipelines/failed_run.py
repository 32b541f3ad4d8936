"""What is to be done where a run did not come to its end."""

import datetime
import json
from pathlib import Path
from typing import Any

from zenml.client import Client
from zenml.models import PipelineRunResponse

from medimage.registry.run_status import mark_run
from medimage.whole_file import write_whole
from pipelines.run_outcome import step_statuses
from pipelines.run_settings import RunSettings
from steps.branch import branch_of, branch_run


def record_failure(
    error: BaseException, *, settings: RunSettings, since: datetime.datetime, summary: Path | None
) -> None:
    """Gives the run's MLflow run its final status, and writes the summary of a run without a verdict.

    Args:
        error: What ended the run.
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
        }
        text = json.dumps(values, indent=2, ensure_ascii=False)
        # A file name in the error may be no text.
        write_whole(summary, text.encode("utf-8", errors="backslashreplace") + b"\n")


def _latest_run(since: datetime.datetime) -> PipelineRunResponse | None:
    """Returns the newest run, if it was created since then: an error before the start leaves none."""
    client = Client()
    runs = client.list_pipeline_runs(sort_by="desc:created", size=1).items
    if not runs or runs[0].created.replace(tzinfo=datetime.UTC) < since:
        return None
    return client.get_pipeline_run(runs[0].id)
