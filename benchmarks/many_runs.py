"""With 3,000 runs in ZenML's SQLite store, a month of a hundred a day, a run takes at most 3 s longer than with one."""

import os
import statistics
import subprocess
import sys
from pathlib import Path

from benchmarks.support.command import PROJECT, run_train_pipeline
from benchmarks.support.copied_runs import CopiedRun
from benchmarks.support.measurement import Measurement
from benchmarks.support.private_workspace import private_workspace

_RUNS = (1, 300, 3000)
_ROUNDS = 3
_TARGET = 3
_SMALL = [
    *("--config", "configs/quickstart.yaml", "--data.synthetic.patients_per_class", "12"),
    *("--data.synthetic.image_size", "64", "--model.input_size", "32", "--training.batch_size", "16"),
    *("--training.stage1.epochs", "1", "--training.stage2.epochs", "2", "--evaluation.latency_images", "20"),
    *("--evaluation.bootstrap_resamples", "200", "--explanation.images_per_class", "1"),
]

_LOOK = """
import time
from pipelines.zenml_database import open_zenml
open_zenml()
from zenml.client import Client
client = Client()
client.active_stack_model
begun = time.perf_counter()
page = client.list_pipeline_runs(size=20, sort_by="desc:created")
listed = time.perf_counter() - begun
begun = time.perf_counter()
run = client.get_pipeline_run(page.items[-1].id)
len(run.steps)
print(listed, time.perf_counter() - begun, page.total)
"""


def measure() -> Measurement:
    """Trains once, copies the run, and takes every step from the cache again among more and more runs."""
    with private_workspace() as home:
        first = run_train_pipeline(_SMALL, home=home)
        database = home / "zenml" / "local_stores" / "default_zen_store" / "zenml.db"
        seconds: dict[int, float] = {}
        run = CopiedRun.of(database)
        lines = [
            f"first run: {first.seconds:.1f} s, exit code {first.exit_code}; {run.rows} rows, of which "
            f"{len(run.tables['step_run'])} steps"
        ]
        there, complete = 1, first.exit_code in (0, 3)
        for runs in _RUNS:
            run.add_to(database, numbers=range(there, runs))
            there = runs
            cached = [run_train_pipeline(_SMALL, home=home) for _ in range(_ROUNDS)]
            complete = complete and all(_is_cached(run.summary["steps"]) for run in cached)
            seconds[runs] = statistics.median(run.seconds for run in cached)
            size = database.stat().st_size
            lines.append(
                f"{runs} runs: {size / 2**20:.0f} MiB; a run from the cache {seconds[runs]:.1f} s "
                f"({', '.join(f'{run.seconds:.1f}' for run in cached)}); {_look(home)}"
            )
    return Measurement(
        name="many_runs",
        measured=seconds[_RUNS[-1]] - seconds[_RUNS[0]] if complete else float("inf"),
        target=_TARGET,
        unit="s more",
        direction="at_most",
        details=(*lines, f"load average: {os.getloadavg()[0]:.1f}"),
    )


def _is_cached(steps: dict[str, dict[str, str]]) -> bool:
    return all(step["status"] == "cached" for step in steps.values())


def _look(home: Path) -> str:
    environment = {**os.environ, "MEDIMAGE_HOME": str(home)}
    finished = subprocess.run(
        [sys.executable, "-c", _LOOK], cwd=PROJECT, env=environment, capture_output=True, text=True, check=True
    )
    listed, got, total = finished.stdout.split()[-3:]
    return f"a page of the {total} runs {float(listed):.2f} s, one run with its steps {float(got):.2f} s"
