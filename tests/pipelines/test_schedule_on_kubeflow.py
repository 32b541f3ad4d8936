"""`--schedule` where the active stack is one of Kubeflow: this machine keeps the times, and hands over each run."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from medimage.scheduling.stored_schedules import forget_schedule
from tests.conftest import PROJECT
from tests.support.active_stack import active_stack, kubeflow_definition
from tests.support.commands import environment
from tests.support.kubeflow_api import Kubeflow, kubeflow_api

pytestmark = pytest.mark.timeout(200)

YEARLY = ("--schedule", "0 3 1 1 *", "--time-zone", "UTC", "--schedule-name", "on-kubeflow")


def test_a_schedule_is_kept_here_and_nothing_is_handed_over_before_its_time(tmp_path: Path) -> None:
    kubeflow, output = Kubeflow(folder=tmp_path), tmp_path / "output"
    with (
        kubeflow_api(kubeflow) as host,
        active_stack(kubeflow_definition(tmp_path, name="scheduled-in-kubeflow", host=host)),
        output.open("wb") as file,
    ):
        process = subprocess.Popen(
            [sys.executable, "-m", "pipelines.train_pipeline", "--config", "configs/quickstart.yaml", *YEARLY],
            cwd=PROJECT,
            # The workspace of this process, where that stack is the active one.
            env=environment(Path(os.environ["MEDIMAGE_HOME"])),
            stdout=file,
            stderr=subprocess.STDOUT,
        )
        try:
            while "Ctrl-C" not in output.read_text():
                assert process.poll() is None, output.read_text()
                time.sleep(0.1)
            assert "-01-01 03:00 UTC" in output.read_text()
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=60) == 0
        finally:
            process.kill()
            process.wait()
            forget_schedule("on-kubeflow")
    assert kubeflow.bodies == []
