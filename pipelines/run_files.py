"""What a finished run left, as artifacts and as files that a person opens."""

from pathlib import Path
from typing import Any

from zenml.enums import ExecutionStatus

from medimage.evaluation.report.run_report import RunReport
from medimage.evidence.canonical_json import canonical_bytes
from medimage.export.exported_model import ExportedModel
from medimage.export.formats_table import format_values
from medimage.export.precision.precision_choice import PrecisionChoice
from medimage.serving.model_metadata import FULL_PRECISION
from medimage.whole_file import write_whole
from medimage.workspace import workspace
from pipelines.run_snapshot import RunSnapshot

PRECISION_FILE = "precision.json"
"""What was tried in fewer bits, with the verdict on each."""

_FORMATS_STEP, _PRECISION_STEP = "report_formats", "choose_precision"


def run_folder(run: RunSnapshot) -> Path:
    """Returns the folder for what a person opens of a run; it is made where it is missing."""
    folder = workspace() / "runs" / run.name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def write_page(run: RunSnapshot, step: str) -> Path:
    """Puts a run's report where a person finds it, with the documents beside it, and returns where that is."""
    report: RunReport = load_output(run, _FORMATS_STEP if has_ended(run, _FORMATS_STEP) else step, "report")
    path = run_folder(run) / "report.html"
    path.write_text(report.html, encoding="utf-8")
    for name, text in report.documents.items():
        path.with_name(name).write_text(text, encoding="utf-8")
    return path


def write_exported(run: RunSnapshot, step: str) -> tuple[Path, list[dict[str, Any]]]:
    """Puts a run's exported files where a person finds them.

    Returns:
        Where the graph is that is served, and what the summary says of every file.
    """
    exported: ExportedModel = load_output(run, step, "exported")
    folder = run_folder(run)
    for each in exported.formats:
        (folder / each.file_name).write_bytes(each.content)
    graph = folder / exported.formats[0].file_name
    choice = load_precisions(run)
    if choice is not None:
        for precision, content in choice.files.items():
            (folder / precision_file(precision)).write_bytes(content)
        write_whole(folder / PRECISION_FILE, canonical_bytes(choice.to_dict()))
        if choice.served != FULL_PRECISION:
            graph = folder / precision_file(choice.served)
    return graph, format_values(exported)


def precision_file(precision: str) -> str:
    """Returns the name of the file of a graph in fewer bits."""
    return f"model.{precision}.onnx"


def load_precisions(run: RunSnapshot) -> PrecisionChoice | None:
    """Returns what was tried in fewer bits; None where nothing was, or it did not come to its end."""
    return load_output(run, _PRECISION_STEP, "precisions") if has_ended(run, _PRECISION_STEP) else None


def has_ended(run: RunSnapshot, step: str) -> bool:
    """Returns whether a step of a run came to its end, so that its outputs are there."""
    return step in run.steps and run.steps[step].status in (ExecutionStatus.COMPLETED, ExecutionStatus.CACHED)


def load_output(run: RunSnapshot, step: str, output: str) -> Any:
    """Loads one output of a step that came to its end."""
    return run.steps[step].outputs[output][0].load()
