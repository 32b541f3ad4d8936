"""A pipeline that is disturbed while it trains."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.conftest import PROJECT
from tests.support.commands import environment

_SECONDS = 200


def epoch_lines(output: str) -> dict[int, str]:
    """Returns figures and rates of the epochs of stage 2 that were told, by number, without their time."""
    found = re.findall(r"stage 2 epoch +(\d+)/\d+ +(.*?lr \S+)\s", output)
    return {int(number): " ".join(figures.split()) for number, figures in found}


def start_and_wait_for_stage_2(
    arguments: tuple[str, ...], *, home: Path, log: Path, epochs: int, pipeline: str = "train_pipeline"
) -> subprocess.Popen[bytes]:
    """Starts a pipeline, the leader of a group of processes, and returns it when epochs of stage 2 were told.

    Args:
        arguments: What it is called with.
        home: Its workspace.
        log: File that takes what it tells.
        epochs: How many epochs to wait for.
        pipeline: Which one.
    """
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", f"pipelines.{pipeline}", *arguments],
            cwd=PROJECT,
            env=environment(home),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + _SECONDS
        while len(epoch_lines(log.read_text())) < epochs:
            assert process.poll() is None, log.read_text()[-3000:]
            assert time.monotonic() < deadline, log.read_text()[-3000:]
            time.sleep(0.05)
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
    return process
