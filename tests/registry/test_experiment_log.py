import dataclasses
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.entities import Run

from medimage.models.history import EpochRecord, TrainingHistory
from medimage.registry.experiment_log import ExperimentLog, log_to_mlflow
from medimage.registry.names import flatten
from tests.support.processes import free_port, silent_server


def epoch(stage: int, number: int, loss: float) -> EpochRecord:
    return EpochRecord(
        stage=stage,
        epoch=number,
        train_loss=loss,
        train_accuracy=0.5,
        validation_loss=loss + 0.1,
        validation_accuracy=0.6,
        head_learning_rate=1e-4,
        backbone_learning_rate=0.0,
        seconds=1.5,
    )


def open_log(run_id: str = "run-1") -> ExperimentLog:
    return ExperimentLog.open(experiment="lung", run_id=run_id)


def stored(log: ExperimentLog) -> Run:
    return MlflowClient().get_run(log.mlflow_run_id)


@pytest.mark.usefixtures("database")
def test_steps_of_one_run_write_to_one_mlflow_run() -> None:
    first, second, other = open_log(), open_log(), open_log("run-2")
    assert first.mlflow_run_id
    assert first.mlflow_run_id == second.mlflow_run_id != other.mlflow_run_id
    assert stored(first).data.tags["medimage.run_id"] == "run-1"


@pytest.mark.usefixtures("database")
def test_nested_parameters_get_dotted_names() -> None:
    log = open_log()
    log.log_parameters({"seed": 1, "training": {"stage1": {"epochs": 5}, "classes": ["a", "b"]}})
    assert stored(log).data.params == {"seed": "1", "training.stage1.epochs": "5", "training.classes": "['a', 'b']"}


@pytest.mark.usefixtures("database")
def test_parameters_may_be_logged_again_by_another_step() -> None:
    log = open_log()
    log.log_parameters({"seed": 1})
    log.log_parameters({"seed": 1, "more": 2})
    assert stored(log).data.params == {"seed": "1", "more": "2"}


@pytest.mark.usefixtures("database")
def test_many_and_long_parameters_are_accepted() -> None:
    log = open_log()
    log.log_parameters({f"parameter {number}": "x" * 7000 for number in range(150)})
    assert len(stored(log).data.params) == 150


@pytest.mark.usefixtures("database")
def test_numbers_are_logged_and_others_left_out() -> None:
    log = open_log()
    log.log_metrics({"accuracy": {"value": 0.9, "low": float("nan"), "n": 10}, "sensitivity": {"é|x": 0.5}, "on": True})
    assert stored(log).data.metrics == {"accuracy.value": 0.9, "accuracy.n": 10, "sensitivity.__x": 0.5}


@pytest.mark.usefixtures("database")
def test_learning_curves_run_through_the_stages_and_are_logged_once() -> None:
    log = open_log()
    first = TrainingHistory(epochs=(epoch(1, 1, 1.0), epoch(1, 2, 0.8)))
    both = TrainingHistory(epochs=(*first.epochs, epoch(2, 1, 0.5)))
    log.log_history(first)
    open_log().log_history(both)
    curve = MlflowClient().get_metric_history(log.mlflow_run_id, "epoch.train_loss")
    assert [(point.step, point.value) for point in curve] == [(1, 1.0), (2, 0.8), (3, 0.5)]
    stages = MlflowClient().get_metric_history(log.mlflow_run_id, "epoch.stage")
    assert [point.value for point in stages] == [1, 1, 2]


def test_texts_are_stored_beside_the_database(database: Path) -> None:
    open_log().log_text("<h1>Report</h1>", "report/report.html")
    (file,) = (path for path in (database.parent / "artifacts").rglob("*") if path.is_file())
    assert (file.name, file.read_text()) == ("report.html", "<h1>Report</h1>")


@pytest.mark.usefixtures("database")
def test_run_ends_with_its_status() -> None:
    log = open_log()
    assert stored(log).info.status == "RUNNING"
    log.finish("FAILED")
    assert stored(log).info.status == "FAILED"


@pytest.mark.usefixtures("database")
def test_an_epoch_that_was_logged_while_it_trained_is_not_logged_again() -> None:
    log = open_log()
    log.log_epoch(epoch(1, 1, 1.0), step=1)
    log.log_history(TrainingHistory(epochs=(epoch(1, 1, 7.0), epoch(1, 2, 0.8))))
    curve = MlflowClient().get_metric_history(log.mlflow_run_id, "epoch.train_loss")
    assert [(point.step, point.value) for point in curve] == [(1, 1.0), (2, 0.8)]


@pytest.mark.usefixtures("database")
def test_figures_of_the_machine_go_to_their_own_page_and_missing_ones_are_left_out() -> None:
    log = open_log()
    measured = dataclasses.replace(
        epoch(1, 1, 1.0), validation_auroc=0.75, images_per_second=40.0, hardware={"cpu_percent_mean": 90.0}
    )
    log.log_epoch(measured, step=1)
    metrics = stored(log).data.metrics
    assert (metrics["epoch.validation_auroc"], metrics["system/images_per_second"]) == (0.75, 40.0)
    assert metrics["system/cpu_percent_mean"] == 90.0
    assert "system/gpu_allocated_gib" not in metrics


def test_files_are_stored_under_their_names_and_replaced(database: Path) -> None:
    for content in (b"first", b"second"):
        open_log().log_files({"net-training_best_model.safetensors": content, "other": b"x"}, folder="models")
    files = {file.name: file for file in (database.parent / "artifacts").rglob("*") if file.is_file()}
    assert files["net-training_best_model.safetensors"].read_bytes() == b"second"
    assert {file.parent.name for file in files.values()} == {"models"}
    assert len(files) == 2


def log_everything(log: ExperimentLog) -> None:
    log.log_parameters({"seed": 1})
    log.log_metrics({"accuracy": 0.9})
    log.log_history(TrainingHistory(epochs=(epoch(1, 1, 1.0),)))
    log.log_text("text", "a.txt")
    log.set_tags({"a": "b"})
    log.finish()


@contextmanager
def tracking_at(address: str) -> Iterator[None]:
    previous = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(address)
    try:
        yield
    finally:
        mlflow.set_tracking_uri(previous)


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name.startswith("medimage")]


@pytest.mark.usefixtures("database")
def test_everything_that_is_written_is_there_at_the_end(caplog: pytest.LogCaptureFixture) -> None:
    log_to_mlflow(log_everything, experiment="lung", run_id="run-1")
    run = stored(open_log())
    assert (run.info.status, run.data.params, run.data.metrics["accuracy"]) == ("FINISHED", {"seed": "1"}, 0.9)
    assert warnings(caplog) == []


def test_server_that_is_away_is_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    with tracking_at(f"http://127.0.0.1:{free_port()}"):
        log_to_mlflow(log_everything, experiment="lung", run_id="run-1")
    (warning,) = warnings(caplog)
    assert "MLflow is not available" in warning
    assert "does not answer" in warning


def test_server_that_never_answers_is_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    started = time.monotonic()
    with silent_server() as address, tracking_at(address):
        log_to_mlflow(log_everything, experiment="lung", run_id="run-1", seconds=1)
    assert time.monotonic() - started < 5
    (warning,) = warnings(caplog)
    assert "no answer within 1 seconds" in warning


@pytest.mark.usefixtures("database")
def test_failure_midway_is_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    MlflowClient().delete_run(open_log().mlflow_run_id)

    def delete_and_write(log: ExperimentLog) -> None:
        MlflowClient().delete_run(log.mlflow_run_id)
        log_everything(log)

    log_to_mlflow(delete_and_write, experiment="lung", run_id="run-1")
    assert len(warnings(caplog)) == 1


@pytest.mark.usefixtures("database")
def test_deleted_experiment_is_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    open_log()
    experiment = MlflowClient().get_experiment_by_name("lung")
    assert experiment is not None
    MlflowClient().delete_experiment(experiment.experiment_id)
    log_to_mlflow(log_everything, experiment="lung", run_id="run-1")
    (warning,) = warnings(caplog)
    assert "was deleted" in warning


def test_flatten_keeps_plain_values() -> None:
    assert flatten({"a": {"b": {"c": 1}}, "d": [2], "e": {}}) == {"a.b.c": 1, "d": [2]}
