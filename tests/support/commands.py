"""Running the project's commands as a user does."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conftest import PROJECT

TINY = (
    *("--config", "configs/quickstart.yaml"),
    *("--data.synthetic.patients_per_class", "12", "--data.synthetic.image_size", "64", "--model.input_size", "32"),
    *("--training.stage1.epochs", "1", "--training.stage2.epochs", "2", "--training.batch_size", "16"),
    *("--evaluation.latency_images", "20", "--evaluation.bootstrap_resamples", "200"),
    *("--explanation.images_per_class", "2", "--explanation.deletion_steps", "4"),
    *("--tracking.csv", "true", "--tracking.tensorboard", "true"),
)
"""The quickstart, small enough for a test. It learns next to nothing."""

OPEN_GATE = (
    *("--gate.accuracy", "0", "--gate.sensitivity", "0", "--gate.specificity", "0", "--gate.balanced_accuracy", "0"),
    *("--gate.auroc", "0", "--gate.calibration_error", "1", "--gate.minimum_cases_per_class", "1"),
    *("--gate.latency_p95_ms", "100000", "--gate.champion.comparison", "off"),
)
"""Thresholds that every model meets: what comes after the gate can be tested without training for minutes."""


@dataclass(frozen=True, kw_only=True)
class Finished:
    """A command that has ended."""

    exit_code: int
    output: str
    errors: str
    summary: dict[str, Any]

    def statuses(self) -> dict[str, str]:
        """Returns the status of each step."""
        return {name: step["status"] for name, step in self.summary["steps"].items()}

    def rerun(self) -> set[str]:
        """Returns the steps that were not taken from the cache."""
        return {name for name, status in self.statuses().items() if status != "cached"}


def environment(home: Path, **settings: str) -> dict[str, str]:
    """Returns the environment of a user with a workspace of their own and no settings beside it."""
    own = ("ZENML", "MLFLOW", "BENTOML", "MEDIMAGE_HOME", "KAGGLE")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    return {**clean, "MEDIMAGE_HOME": str(home), **settings}


def train(home: Path, *arguments: str, project: Path = PROJECT, **settings: str) -> Finished:
    """Runs the train pipeline to its end."""
    return run_pipeline("train_pipeline", home, *arguments, project=project, **settings)


def run_pipeline(name: str, home: Path, *arguments: str, project: Path = PROJECT, **settings: str) -> Finished:
    """Runs a pipeline to its end."""
    home.mkdir(parents=True, exist_ok=True)
    summary = home / "summary.json"
    summary.unlink(missing_ok=True)
    result = subprocess.run(
        [sys.executable, "-m", f"pipelines.{name}", *arguments, "--summary", str(summary)],
        cwd=project,
        env=environment(home, **settings),
        capture_output=True,
        text=True,
        check=False,
    )
    return Finished(
        exit_code=result.returncode,
        output=result.stdout,
        errors=result.stderr,
        summary=json.loads(summary.read_text()) if summary.exists() else {},
    )


def run_module(module: str, *arguments: str, variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Runs a module to its end in a process of its own, which may take long where it waits for pods.

    Args:
        module: Its name.
        *arguments: Its arguments.
        variables: The whole environment.
    """
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=PROJECT,
        env=dict(variables),
        capture_output=True,
        text=True,
        check=False,
        timeout=1500,
    )
