"""What a finished run left, as artifacts and as files that a person opens."""

from pathlib import Path
from typing import Any

from zenml.models import PipelineRunResponse

from medimage.evaluation.report.run_report import RunReport
from medimage.export.exported_model import ExportedModel
from medimage.export.formats_table import format_values
from medimage.workspace import workspace


def run_folder(run: PipelineRunResponse) -> Path:
    """Returns the folder for what a person opens of a run; it is made where it is missing."""
    folder = workspace() / "runs" / run.name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def write_page(run: PipelineRunResponse, step: str) -> Path:
    """Puts a run's report where a person finds it, with the documents beside it, and returns where that is."""
    report: RunReport = load_output(run, step, "report")
    path = run_folder(run) / "report.html"
    path.write_text(report.html, encoding="utf-8")
    for name, text in report.documents.items():
        path.with_name(name).write_text(text, encoding="utf-8")
    return path


def write_exported(run: PipelineRunResponse, step: str) -> tuple[Path, list[dict[str, Any]]]:
    """Puts a run's exported files where a person finds them.

    Returns:
        Where the graph is, and what the summary says of every file.
    """
    exported: ExportedModel = load_output(run, step, "exported")
    folder = run_folder(run)
    for each in exported.formats:
        (folder / each.file_name).write_bytes(each.content)
    return folder / exported.formats[0].file_name, format_values(exported)


def load_output(run: PipelineRunResponse, step: str, output: str) -> Any:
    """Loads one output of a step that came to its end."""
    return run.steps[step].outputs[output][0].load()
