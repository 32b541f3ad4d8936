import contextlib
import dataclasses
import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest

from medimage.errors import MedimageError
from medimage.models.history import TrainingHistory
from medimage.training.observers.guarded_observer import GuardedObserver
from medimage.training.observers.wandb_observer import WandbObserver
from tests.conftest import PROJECT
from tests.support.observed_stage import EPOCH, MODEL, STAGE, START
from tests.support.processes import free_port, silent_server


@pytest.fixture(autouse=True)
def fresh_client(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Gives each test a home without keys, and stops the client, which reads its environment once, when it starts."""
    for name in ("WANDB_MODE", "WANDB_API_KEY", "WANDB_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    yield
    client = sys.modules.get("wandb")
    if client is not None:
        client.teardown()


@pytest.fixture
def client() -> Any:
    return pytest.importorskip("wandb", reason="the extra `wandb` is not installed")


def observer(directory: Path, mode: Literal["online", "offline"] = "online") -> WandbObserver:
    return WandbObserver(
        project="medimage", name="lung", settings={"seed": 42}, directory=directory, mode=mode, first_epoch=5
    )


def watch(directory: Path, *, seconds: float = 20.0) -> float:
    started = time.perf_counter()
    guarded = GuardedObserver(observer(directory), name="Weights & Biases", seconds=seconds)
    guarded.on_stage_start(START)
    guarded.on_epoch_end(EPOCH)
    guarded.on_stage_end(STAGE)
    guarded.close()
    return time.perf_counter() - started


def stored(directory: Path) -> list[dict[str, Any]]:
    """Reads the records of the one offline run below a folder with the client's own reader."""
    from wandb.proto import wandb_internal_pb2
    from wandb.sdk.internal.datastore import DataStore

    (file,) = directory.rglob("run-*.wandb")
    store = DataStore()
    store.open_for_scan(str(file))
    records = []
    while (data := store.scan_data()) is not None:
        record = wandb_internal_pb2.Record()
        record.ParseFromString(data)
        records.append(record)
    return records


def test_offline_run_keeps_settings_figures_and_weights_on_disk(client: Any, tmp_path: Path) -> None:
    tracker = observer(tmp_path, "offline")
    tracker.on_stage_start(START)
    for number in (1, 2):
        tracker.on_epoch_end(dataclasses.replace(EPOCH, epoch=number, validation_auroc=0.75))
    tracker.on_stage_end(STAGE)
    tracker.on_model(dataclasses.replace(MODEL, history=TrainingHistory(stages=(STAGE,))))
    tracker.close()
    client.teardown()
    records = stored(tmp_path)
    lines = [record.history for record in records if record.HasField("history")]
    figures = [
        {item.key or item.nested_key[0]: json.loads(item.value_json) for item in history.item} for history in lines
    ]
    # One call per epoch.
    assert [line.step.num for line in lines] == [6, 7]
    assert figures[0]["loss/train"] == 0.75
    assert figures[1]["auroc/validation"] == 0.75
    (run,) = [record.run for record in records if record.HasField("run")]
    config = {item.key: json.loads(item.value_json) for item in run.config.update}
    assert (run.run_id, run.run_group, run.project) == ("lung-stage2", "lung", "medimage")
    assert (config["seed"], config["batch_size"], config["trainable_parameters"]) == (42, 32, 250_000)
    assert run.host == "machine"
    artifacts = [record.request.log_artifact.artifact for record in records if record.HasField("request")]
    artifacts += [record.artifact for record in records if record.HasField("artifact")]
    assert {artifact.name for artifact in artifacts if artifact.type == "model"} == {
        "test_resnet-training_best_model",
        "test_resnet-training_last_model",
    }


@pytest.mark.usefixtures("client")
def test_environment_decides_over_the_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_MODE", "offline")
    tracker = observer(tmp_path, "online")
    tracker.on_stage_start(START)
    tracker.close()
    assert list(tmp_path.rglob("run-*.wandb"))


@pytest.mark.usefixtures("client")
def test_missing_key_is_an_error_and_no_question(tmp_path: Path) -> None:
    with pytest.raises(MedimageError, match="set WANDB_API_KEY"):
        observer(tmp_path).on_stage_start(START)


@pytest.mark.usefixtures("client")
def test_service_that_is_down_is_one_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    monkeypatch.setenv("WANDB_BASE_URL", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setattr("medimage.training.observers.wandb_observer.START_SECONDS", 1.0)
    with caplog.at_level(logging.WARNING, logger="medimage"):
        watch(tmp_path)
    assert caplog.text.count("goes on without it") == 1


@pytest.mark.usefixtures("client")
def test_service_that_never_answers_is_one_warning_within_the_time_of_a_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with silent_server() as address:
        monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
        monkeypatch.setenv("WANDB_BASE_URL", address)
        monkeypatch.setattr("medimage.training.observers.wandb_observer.START_SECONDS", 2.0)
        with caplog.at_level(logging.WARNING, logger="medimage"):
            assert watch(tmp_path, seconds=3) < 10
    assert caplog.text.count("goes on without it") == 1


def test_package_that_is_not_installed_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "wandb", None)
    with pytest.raises(MedimageError, match="install the extra `wandb`"):
        observer(tmp_path).on_stage_start(START)


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
def test_client_that_fails_at_its_end_is_no_traceback(
    client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = []

    def fail() -> None:
        called.append(True)
        raise BrokenPipeError("its process is gone")

    with monkeypatch.context() as broken:
        broken.setattr(client, "teardown", fail)
        observer(tmp_path).release()
    assert called == [True]


_STOPPED_CLIENT = """
import sys
from pathlib import Path
import psutil
from medimage.training.observers.guarded_observer import GuardedObserver
from medimage.training.observers.wandb_observer import WandbObserver
from tests.support.observed_stage import EPOCH, STAGE, START
tracker = WandbObserver(project="p", name="n", settings={}, directory=Path(sys.argv[1]), mode="offline")
tracker.on_stage_start(START)
(service,) = [child for child in psutil.Process().children() if "wandb" in child.name()]
print(service.pid, flush=True)
service.suspend()
guarded = GuardedObserver(tracker, name="Weights & Biases", seconds=2)
guarded.on_epoch_end(EPOCH)
guarded.on_stage_end(STAGE)
guarded.close()
print("over", flush=True)
"""


@pytest.mark.proof
@pytest.mark.usefixtures("client")
def test_client_that_hangs_does_not_keep_the_process_from_ending(tmp_path: Path) -> None:
    told = tmp_path / "told.txt"
    # To a file: the client's own process, which is stopped, would keep a pipe open.
    with told.open("w") as output:
        run = subprocess.Popen(
            [sys.executable, "-c", _STOPPED_CLIENT, str(tmp_path)], stdout=output, stderr=output, cwd=PROJECT
        )
    try:
        assert run.wait(timeout=60) == 0
    finally:
        run.kill()
        lines = told.read_text(encoding="utf-8").splitlines()
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(lines[0]), signal.SIGKILL)
    assert lines[-1] == "over"
