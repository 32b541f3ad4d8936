import json
import subprocess
import sys
import time
from pathlib import Path

from tests.conftest import PROJECT
from tests.support.commands import environment

LIMIT = 120.0
OPEN = "import pipelines; from pipelines.zenml_database import open_zenml; open_zenml()\n"
RUN = (
    "from pipelines.killed_runs import run_under_way; from tests.support.small_pipelines import waiting_pipeline\n"
    "with run_under_way(): waiting_pipeline()\n"
)
LOOK = (
    "import json; from zenml.client import Client; from pipelines.killed_runs import end_killed_runs\n"
    "end_killed_runs()\n"
    "(run,) = Client().list_pipeline_runs(hydrate=True)\n"
    "steps = {name: step.status.value for name, step in run.steps.items()}\n"
    "print(json.dumps([run.status.value, run.get_body().status_reason, run.in_progress, steps]))\n"
)


def look(home: Path) -> tuple[list[object], str]:
    """Returns how ZenML sees the one run, after killed ones were ended, and what was told."""
    found = subprocess.run(
        [sys.executable, "-c", OPEN + LOOK],
        cwd=PROJECT,
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    return json.loads(found.stdout.splitlines()[-1]), found.stdout + found.stderr


def test_a_run_counts_as_running_until_its_process_is_killed_and_as_failed_afterwards(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    with log.open("w") as output:
        run = subprocess.Popen(
            [sys.executable, "-c", OPEN + RUN], cwd=PROJECT, env=environment(tmp_path), stdout=output, stderr=output
        )
    try:
        end = time.monotonic() + LIMIT
        while "The step waits" not in log.read_text():
            assert run.poll() is None, log.read_text()
            assert time.monotonic() < end
            time.sleep(0.1)
        under_way, _ = look(tmp_path)
    finally:
        run.kill()
        run.wait()
    assert under_way == ["running", None, True, {"finish": "completed", "wait": "running"}]
    killed, told = look(tmp_path)
    reason = "The process of the run was killed"
    assert killed == ["failed", reason, False, {"finish": "completed", "wait": "failed"}]
    assert "was killed before it ended: marked as failed" in told
    again, told = look(tmp_path)
    assert again == killed
    assert "marked as failed" not in told
