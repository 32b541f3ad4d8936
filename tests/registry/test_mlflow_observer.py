import dataclasses
import logging
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import mlflow
import pytest
from mlflow import MlflowClient

from medimage.models.history import TrainingHistory
from medimage.registry.experiment_log import ExperimentLog
from medimage.registry.mlflow_observer import MlflowObserver
from medimage.training.observers.guarded_observer import GuardedObserver
from tests.support.observed_stage import EPOCH, MODEL, STAGE, START
from tests.support.processes import free_port, running_server, silent_server
from tests.support.trained_stages import run
from tests.support.training import short_recipe


@dataclass(frozen=True, kw_only=True)
class Server:
    """A real MLflow server.

    Attributes:
        group: Its process group.
        log: Its log, with a line for each request.
    """

    group: int
    log: Path

    def requests(self) -> list[str]:
        """Returns method and path of every request so far."""
        time.sleep(0.1)  # the log is written after the answer
        lines = [line.partition('"')[2].split() for line in self.log.read_text().splitlines() if '" 2' in line]
        return [f"{words[0]} {words[1].partition('?')[0]}" for words in lines if words]


@pytest.fixture(scope="module")
def server(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    shutil.copyfile(empty_database, folder / "mlflow.db")
    port = free_port()
    command = [str(Path(sys.executable).with_name("mlflow")), "server", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}", "--workers", "1"]
    command += ["--artifacts-destination", str(folder / "artifacts"), "--uvicorn-opts", "--log-level=info"]
    address = f"http://127.0.0.1:{port}"
    with running_server(
        command,
        address=address,
        ready="/health",
        cwd=folder,
        environment={"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
        log=folder / "log.txt",
    ) as group:
        previous = mlflow.get_tracking_uri()
        mlflow.set_tracking_uri(address)
        yield Server(group=group, log=folder / "log.txt")
        mlflow.set_tracking_uri(previous)


def observer(run_id: str, *, earlier: TrainingHistory | None = None, store_models: bool = True) -> MlflowObserver:
    return MlflowObserver(
        lambda: ExperimentLog.open(experiment="lung", run_id=run_id),
        earlier=earlier or TrainingHistory(),
        settings={"config": {"seed": 42, "training": {"batch_size": 16}}},
        store_models=store_models,
    )


def curve(log: ExperimentLog, name: str) -> list[tuple[int, float]]:
    return [(point.step, point.value) for point in MlflowClient().get_metric_history(log.mlflow_run_id, name)]


def test_an_epoch_is_one_request(server: Server) -> None:
    tracker = observer("requests")
    tracker.on_stage_start(START)
    for number in (1, 2, 3):
        before = server.requests()
        tracker.on_epoch_end(
            dataclasses.replace(
                EPOCH, epoch=number, images_per_second=40.0, hardware={f"figure{index}": 1.0 for index in range(40)}
            )
        )
        assert server.requests()[len(before) :] == ["POST /api/2.0/mlflow/runs/log-batch"]


@pytest.mark.usefixtures("server")
def test_settings_curves_and_weights_of_a_stage_are_there() -> None:
    tracker = observer("whole")
    tracker.on_stage_start(START)
    tracker.on_epoch_end(dataclasses.replace(EPOCH, epoch=1))
    tracker.on_epoch_end(dataclasses.replace(EPOCH, epoch=2))
    tracker.on_stage_end(STAGE)
    tracker.on_model(MODEL)
    tracker.close()
    log = ExperimentLog.open(experiment="lung", run_id="whole")
    stored = MlflowClient().get_run(log.mlflow_run_id).data
    assert (stored.params["config.seed"], stored.params["stage2.batch_size"]) == ("42", "32")
    assert stored.metrics["stage2.best_epoch"] == 3
    assert [step for step, _ in curve(log, "epoch.train_loss")] == [1, 2]
    files = MlflowClient().list_artifacts(log.mlflow_run_id, "models")
    assert [(file.path, file.file_size) for file in files] == [
        ("models/test_resnet-training_best_model.safetensors", len(MODEL.weights)),
        ("models/test_resnet-training_last_model.safetensors", len(MODEL.last_weights)),
    ]


@pytest.mark.usefixtures("server")
def test_epochs_of_earlier_stages_and_of_an_interrupted_process_are_there_once() -> None:
    earlier = TrainingHistory(epochs=(dataclasses.replace(EPOCH, stage=1, epoch=1, train_loss=8.0),))
    killed = observer("resumed", earlier=earlier, store_models=False)
    killed.on_stage_start(START)
    for number in (1, 2):
        killed.on_epoch_end(dataclasses.replace(EPOCH, epoch=number, train_loss=4.0))
    # Another pipeline run resumes the stage from its checkpoint, under another name.
    for name in ("resumed", "resumed elsewhere"):
        tracker = observer(name, earlier=earlier, store_models=False)
        tracker.on_stage_start(
            dataclasses.replace(
                START, finished=tuple(dataclasses.replace(EPOCH, epoch=number, train_loss=4.0) for number in (1, 2))
            )
        )
        tracker.on_epoch_end(dataclasses.replace(EPOCH, epoch=3, train_loss=2.0))
        tracker.on_model(MODEL)
        log = ExperimentLog.open(experiment="lung", run_id=name)
        assert curve(log, "epoch.train_loss") == [(1, 8.0), (2, 4.0), (3, 4.0), (4, 2.0)]
        assert MlflowClient().list_artifacts(log.mlflow_run_id, "models") == []


def test_a_server_that_falls_silent_midway_costs_the_time_of_one_call(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    guarded = GuardedObserver(observer("silent"), name="MLflow", seconds=3)
    guarded.on_stage_start(START)
    guarded.on_epoch_end(dataclasses.replace(EPOCH, epoch=1))
    time.sleep(2)
    os.killpg(server.group, signal.SIGSTOP)
    try:
        started = time.monotonic()
        with caplog.at_level(logging.WARNING, logger="medimage"):
            guarded.on_epoch_end(dataclasses.replace(EPOCH, epoch=2))
            guarded.on_epoch_end(dataclasses.replace(EPOCH, epoch=3))
            guarded.on_model(MODEL)
            guarded.close()
        assert time.monotonic() - started < 5
    finally:
        os.killpg(server.group, signal.SIGCONT)
    assert caplog.text.count("MLflow is not available (no answer within 3 seconds)") == 1


def test_training_does_not_wait_for_a_server_that_never_answers(caplog: pytest.LogCaptureFixture) -> None:
    previous = mlflow.get_tracking_uri()
    alone = time.monotonic()
    run(1, short_recipe())
    alone = time.monotonic() - alone
    started = time.monotonic()
    try:
        with silent_server() as address, caplog.at_level(logging.WARNING, logger="medimage"):
            mlflow.set_tracking_uri(address)
            trained = run(1, short_recipe(), observers=[GuardedObserver(observer("hangs"), name="MLflow", seconds=1)])
    finally:
        mlflow.set_tracking_uri(previous)
    assert len(trained.history.epochs) == 1
    assert time.monotonic() - started < alone + 5
    assert caplog.text.count("MLflow is not available (no answer within 1 seconds)") == 1
