"""The outcome of a run as JSON that programs read; stable across versions."""

import json
from pathlib import Path
from typing import Any

from medimage.registry.registered_version import RegisteredVersion
from medimage.whole_file import write_whole
from pipelines.run_outcome import RunOutcome
from pipelines.run_settings import RunSettings


def summarize(outcome: RunOutcome, settings: RunSettings) -> dict[str, Any]:
    """Returns the summary: verdict, criteria, metrics, model, files and steps."""
    report = outcome.gate_report.to_dict()
    registered = outcome.registered
    return {
        "run_id": outcome.run_id,
        "config_hash": settings.config_hash,
        "data_hash": outcome.data_hash,
        "verdict": report["verdict"],
        "criteria": report["criteria"],
        "metrics": outcome.evaluation.summary(),
        "decisions": outcome.evaluation.decision_summary(),
        "model": model_values(registered) if registered else no_model(settings.registered_name),
        "onnx": str(outcome.onnx_path) if outcome.onnx_path else None,
        "bento": outcome.bento_tag,
        "report": str(outcome.report_path),
        "steps": outcome.steps,
        **outcome.further,
    }


def model_values(registered: RegisteredVersion) -> dict[str, Any]:
    """Returns what the summary says of a registered model."""
    return {"name": registered.name, "version": registered.version, "aliases": list(registered.aliases)}


def no_model(name: str) -> dict[str, Any]:
    """Returns what the summary says of a model that was not registered under its name."""
    return {"name": name, "version": None, "aliases": []}


def write_summary(outcome: RunOutcome, settings: RunSettings, *, path: Path) -> None:
    """Writes the summary of a run that came to a verdict.

    Raises:
        StorageError: If it cannot be written.
    """
    text = json.dumps(summarize(outcome, settings), indent=2, ensure_ascii=False, allow_nan=False)
    write_whole(path, text.encode("utf-8", errors="backslashreplace") + b"\n")
