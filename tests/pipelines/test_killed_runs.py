import json
import re
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from zenml.enums import ExecutionStatus, StackComponentType

from medimage.config.data import DataConfig
from medimage.config.loading import RunArguments
from medimage.config.run import RunConfig
from medimage.errors import MedimageError
from medimage.file_lock import lock_if_free
from pipelines import killed_runs, training_run
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
    "print('SEEN', json.dumps([run.status.value, run.get_body().status_reason, run.in_progress, steps]), flush=True)\n"
)


def look(home: Path, *, times: int = 1) -> list[tuple[list[object], str]]:
    """Returns each time how ZenML sees the one run, after killed ones were ended, and what was told before that."""
    found = subprocess.run(
        [sys.executable, "-u", "-c", OPEN + times * LOOK],
        cwd=PROJECT,
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert found.returncode == 0, found.stdout
    looks = re.findall(r"(.*?)^SEEN (.*?)$", found.stdout, re.DOTALL | re.MULTILINE)
    assert len(looks) == times
    return [(json.loads(seen), told) for told, seen in looks]


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
        ((under_way, _),) = look(tmp_path)
    finally:
        run.kill()
        run.wait()
    assert under_way == ["running", None, True, {"finish": "completed", "wait": "running"}]
    (killed, told), (again, told_again) = look(tmp_path, times=2)
    reason = "The process of the run was killed"
    assert killed == ["failed", reason, False, {"finish": "completed", "wait": "failed"}]
    assert "was killed before it ended: marked as failed" in told
    assert again == killed
    assert "marked as failed" not in told_again


def run_of(flavor: str) -> SimpleNamespace:
    orchestrator = SimpleNamespace(flavor_name=flavor)
    step = SimpleNamespace(id="s", status=ExecutionStatus.RUNNING)
    stack = SimpleNamespace(components={StackComponentType.ORCHESTRATOR: [orchestrator]})
    return SimpleNamespace(id=flavor, name=flavor, stack=stack, steps={"step": step})


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ZENML_CONFIG_PATH", str(tmp_path))
    monkeypatch.delenv("ZENML_STORE_URL", raising=False)
    return tmp_path


@pytest.mark.usefixtures("workspace")
def test_runs_that_go_on_elsewhere_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = [run_of("local"), run_of("kubernetes"), SimpleNamespace(id="none", name="none", stack=None, steps={})]
    ended = []
    store = SimpleNamespace(update_run_step=lambda *_: None, update_run=lambda run, _: ended.append(run))
    page = SimpleNamespace(items=runs, index=1, total_pages=1)
    monkeypatch.setattr(
        killed_runs, "Client", lambda: SimpleNamespace(list_pipeline_runs=lambda **_: page, zen_store=store)
    )
    killed_runs.end_killed_runs()
    assert ended == ["local"]
    monkeypatch.setenv("ZENML_STORE_URL", "mysql://elsewhere")
    killed_runs.end_killed_runs()
    assert ended == ["local"]


@pytest.mark.usefixtures("workspace")
def test_runs_that_cannot_be_looked_up_stop_no_new_one(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise RuntimeError("the store is away")

    monkeypatch.setattr(killed_runs, "Client", fail)
    with killed_runs.run_under_way():
        assert "may be shown as running: the store is away" in caplog.text


def test_others_know_of_a_run_while_it_is_under_way(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(killed_runs, "_end_unfinished_runs", lambda: None)
    monkeypatch.setattr(training_run, "record_failure", lambda *_, **__: None)
    free = []

    def start(**_: object) -> None:
        with lock_if_free(workspace / "runs.lock") as is_free:
            free.append(is_free)
        raise MedimageError("enough is known")

    pipeline = SimpleNamespace(name="train", with_options=lambda **_: start)
    with pytest.raises(MedimageError, match="enough is known"):
        training_run.run_to_outcome(
            pipeline,
            RunArguments(config=RunConfig(data=DataConfig(source="synthetic")), use_cache=True, summary=None),
            settings=SimpleNamespace(),
            read=lambda run: run,
            steps=None,
            parameters={},
        )
    with lock_if_free(workspace / "runs.lock") as is_free:
        free.append(is_free)
    assert free == [False, True]
