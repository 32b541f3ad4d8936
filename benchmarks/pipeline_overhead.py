"""What the pipeline adds to the same work in a plain script is at most 5 % of a run of 2 minutes."""

import os
import statistics
import tempfile
from pathlib import Path

from benchmarks.support.command import run_train_pipeline
from benchmarks.support.measurement import Measurement
from benchmarks.support.run_and_script import run_and_script

CONFIG = "configs/quickstart.yaml"
OVERRIDES = "--split.test_set null --gate.champion.comparison off"
"""No test set is kept: where several models are judged on one, the gate asks more of each. Nor is a round's model held
against that of the round before, which the script does not know of."""
ROUNDS = 3
_SMALL = "--data.synthetic.patients_per_class 12 --training.stage1.epochs 1 --training.stage2.epochs 2"
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
            compared = run_and_script(arguments, home=home, plain_home=Path(folder) / f"plain-{number}")
            added.append(compared.added_seconds)
            complete = complete and compared.is_complete
            lines.append(compared.line)
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
