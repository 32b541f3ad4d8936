"""What the pipeline adds to the same work in a plain script is at most 5 % of a run of 2 minutes."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.support.command import PROJECT, FinishedCommand, run_train_pipeline
from benchmarks.support.measurement import Measurement

CONFIG = "configs/quickstart.yaml"
OVERRIDES = "--split.test_set null --gate.champion.comparison off"
"""No test set is kept: where several models are judged on one, the gate asks more of each. Nor is a round's model held
against that of the round before, which the script does not know of."""
ROUNDS = 3
_SMALL = "--data.synthetic.patients_per_class 12 --training.stage1.epochs 1 --training.stage2.epochs 2"
# What no training script does: to keep a model with its evidence in a registry, and to package it.
_NO_SCRIPT = ("promote_model", "package_bento", "link_model_version")
# As in every command of the project, the collector rests before libraries are loaded.
_PLAIN = """
from medimage.garbage_collection import collect_rarely
collect_rarely()
from benchmarks.support.plain_run import main
main()
"""
_RUN_SECONDS = 120
_TARGET = 0.05


def measure() -> Measurement:
    """Runs the quickstart in turns: as a user does, and as one plain script of the same library calls.

    Both are processes of their own, from the start of Python to the exported graph, with the same seed, each round with
    another. The script audits, divides, decodes, trains, evaluates, explains, judges, writes the report and exports; it
    has no steps, no artifacts, no cache keys, no trackers, no checkpoints and no summary. What the run takes longer,
    beside registering and packaging, is what the pipeline adds. The workspace has had a small run before: databases
    are set up once and not in every run; what that first run takes longer than another is printed.
    """
    with tempfile.TemporaryDirectory(prefix="medimage-benchmark-") as folder:
        home = Path(folder) / "pipeline"
        small = ["--config", CONFIG, *OVERRIDES.split(), *_SMALL.split()]
        first = run_train_pipeline([*small, "--seed", "1001"], home=home).seconds
        second = run_train_pipeline([*small, "--seed", "1002"], home=home).seconds
        added, lines, complete = [], [], True
        for number in range(ROUNDS):
            arguments = ["--config", CONFIG, *OVERRIDES.split(), "--seed", str(number + 1)]
            run = run_train_pipeline([*arguments, "--no-cache"], home=home)
            seconds, code = _plain_run(arguments, home=Path(folder) / f"plain-{number}")
            steps = {name: float(step["seconds"]) for name, step in run.summary.get("steps", {}).items()}
            further = sum(steps.get(name, 0.0) for name in _NO_SCRIPT)
            added.append(run.seconds - further - seconds)
            # A run that broke off adds little, and proves nothing. Where the gate does not pass, both end there.
            complete = complete and _is_complete(run) and code == run.exit_code
            lines.append(
                f"run {run.seconds:.1f} s, of which registering and packaging {further:.1f} s; plain script "
                f"{seconds:.1f} s; added {added[-1]:.1f} s; exit codes {run.exit_code} and {code}"
            )
    return Measurement(
        name="pipeline_overhead",
        measured=statistics.median(added) / _RUN_SECONDS if complete else float("inf"),
        target=_TARGET,
        unit=f"of {_RUN_SECONDS} s",
        direction="at_most",
        details=(
            *lines,
            f"the first run of a workspace took {first - second:.1f} s longer than the second",
            f"load average: {os.getloadavg()[0]:.1f}",
        ),
    )


def _is_complete(run: FinishedCommand) -> bool:
    return run.exit_code in (0, 3) and bool(run.summary.get("verdict"))


def _plain_run(arguments: list[str], *, home: Path) -> tuple[float, int]:
    home.mkdir()
    start = time.perf_counter()
    finished = subprocess.run(
        [sys.executable, "-c", _PLAIN, *arguments],
        cwd=PROJECT,
        env={**os.environ, "MEDIMAGE_HOME": str(home)},
        capture_output=True,
        check=False,
    )
    return time.perf_counter() - start, finished.returncode
