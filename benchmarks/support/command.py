"""Running a pipeline as a user does, with its wall time and peak memory."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, kw_only=True)
class FinishedCommand:
    """What a pipeline's process did.

    Attributes:
        exit_code: Its exit code.
        seconds: Wall time.
        peak_gigabytes: Largest resident memory of the process and its children together, sampled ten times a second.
        summary: The run's summary; empty where it wrote none.
        output: What it printed.
    """

    exit_code: int
    seconds: float
    peak_gigabytes: float
    summary: dict[str, Any]
    output: str


def run_train_pipeline(arguments: list[str], *, home: Path) -> FinishedCommand:
    """Runs `python -m pipelines.train_pipeline` with its own workspace; see `run_pipeline`."""
    return run_pipeline("train_pipeline", arguments, home=home)


def run_pipeline(name: str, arguments: list[str], *, home: Path) -> FinishedCommand:
    """Runs a pipeline's command with its own workspace.

    Args:
        name: The module below `pipelines`.
        arguments: Its arguments, without `--summary`.
        home: The workspace.
    """
    home.mkdir(parents=True, exist_ok=True)
    summary, output = home / "summary.json", home / "output.txt"
    summary.unlink(missing_ok=True)
    command = [sys.executable, "-m", f"pipelines.{name}", *arguments, "--summary", str(summary)]
    own = ("ZENML_CONFIG_PATH", "MLFLOW_TRACKING_URI", "BENTOML_HOME")
    environment = {name: value for name, value in os.environ.items() if name not in own}
    start = time.perf_counter()
    with output.open("w") as sink:
        process = subprocess.Popen(
            command,
            cwd=PROJECT,
            env={**environment, "MEDIMAGE_HOME": str(home)},
            stdout=sink,
            stderr=subprocess.STDOUT,
        )
        peak = 0
        while process.poll() is None:
            peak = max(peak, _resident_bytes(process.pid))
            time.sleep(0.1)
    return FinishedCommand(
        exit_code=process.returncode,
        seconds=time.perf_counter() - start,
        peak_gigabytes=peak / 1e9,
        summary=json.loads(summary.read_text()) if summary.exists() else {},
        output=output.read_text(),
    )


def _resident_bytes(pid: int) -> int:
    try:
        parent = psutil.Process(pid)
        return sum(process.memory_info().rss for process in [parent, *parent.children(recursive=True)])
    except psutil.NoSuchProcess:
        # It ended between the question whether it runs and the question how large it is.
        return 0
