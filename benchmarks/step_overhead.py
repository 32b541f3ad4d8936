"""A step of a local run costs at most 0.4 s beside its work."""

import os
import statistics
import tempfile
from pathlib import Path

from benchmarks.support.command import run_train_pipeline
from benchmarks.support.measurement import Measurement
from benchmarks.support.run_and_script import run_and_script
from benchmarks.support.small_run import SMALL_RUN

_ROUNDS = 3
_SECONDS = 0.4


def measure() -> Measurement:
    """Runs the small quickstart in turns: as a user does, nothing cached, and as one plain script of the same calls.

    What the run takes longer, beside registering and packaging, is divided by its steps: so the start of ZenML and its
    database count as well. The workspace has had a run before.
    """
    with tempfile.TemporaryDirectory(prefix="medimage-benchmark-") as folder:
        home = Path(folder) / "pipeline"
        run_train_pipeline([*SMALL_RUN, "--seed", "1001"], home=home)
        each, lines, complete = [], [], True
        for number in range(_ROUNDS):
            arguments = [*SMALL_RUN, "--seed", str(number + 1)]
            compared = run_and_script(arguments, home=home, plain_home=Path(folder) / f"plain-{number}")
            each.append(compared.added_seconds / max(1, len(compared.steps)))
            complete = complete and compared.is_complete
            lines.append(f"{compared.line}; {len(compared.steps)} steps, {each[-1]:.2f} s each")
    return Measurement(
        name="step_overhead",
        measured=statistics.median(each) if complete else float("inf"),
        target=_SECONDS,
        unit="s a step",
        direction="at_most",
        details=(*lines, f"load average: {os.getloadavg()[0]:.1f}"),
    )
