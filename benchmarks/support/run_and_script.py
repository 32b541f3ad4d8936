"""A training run as a user starts it, and one plain script of the same library calls, one after the other."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.support.command import PROJECT, FinishedCommand, run_train_pipeline

# What no training script does: to keep a model with its evidence in a registry, and to package it.
_NO_SCRIPT = ("promote_model", "package_bento", "link_model_version")
# As in every command of the project, the collector rests before libraries are loaded and when all is done.
_PLAIN = """
from medimage.exit_codes import call_and_exit

def work():
    from benchmarks.support.plain_run import main
    return main()

call_and_exit(work)
"""


@dataclass(frozen=True, kw_only=True)
class RunAndScript:
    """What both took.

    Attributes:
        run: The run.
        script_seconds: Wall time of the script.
        script_exit_code: Its exit code.
    """

    run: FinishedCommand
    script_seconds: float
    script_exit_code: int

    @property
    def steps(self) -> dict[str, float]:
        """Wall time of each step of the run, in seconds."""
        return {name: float(step["seconds"]) for name, step in self.run.summary.get("steps", {}).items()}

    @property
    def further_seconds(self) -> float:
        """What the run took for registering and packaging, which the script does not do."""
        return sum(self.steps.get(name, 0.0) for name in _NO_SCRIPT)

    @property
    def added_seconds(self) -> float:
        """What the run took longer for the same work."""
        return self.run.seconds - self.further_seconds - self.script_seconds

    @property
    def is_complete(self) -> bool:
        """Whether both came to the same end: a run that broke off adds little, and proves nothing."""
        finished = self.run.exit_code in (0, 3) and bool(self.run.summary.get("verdict"))
        return finished and self.script_exit_code == self.run.exit_code

    @property
    def line(self) -> str:
        """Both in words."""
        return (
            f"run {self.run.seconds:.1f} s, of which registering and packaging {self.further_seconds:.1f} s; plain "
            f"script {self.script_seconds:.1f} s; added {self.added_seconds:.1f} s; exit codes {self.run.exit_code} "
            f"and {self.script_exit_code}"
        )


def run_and_script(arguments: list[str], *, home: Path, plain_home: Path) -> RunAndScript:
    """Runs both as processes of their own, nothing taken from the cache.

    Args:
        arguments: Arguments of both.
        home: Workspace of the run.
        plain_home: Folder of the script, which is made.
    """
    run = run_train_pipeline([*arguments, "--no-cache"], home=home)
    plain_home.mkdir()
    start = time.perf_counter()
    finished = subprocess.run(
        [sys.executable, "-c", _PLAIN, *arguments],
        cwd=PROJECT,
        env={**os.environ, "MEDIMAGE_HOME": str(plain_home)},
        capture_output=True,
        check=False,
    )
    return RunAndScript(run=run, script_seconds=time.perf_counter() - start, script_exit_code=finished.returncode)
