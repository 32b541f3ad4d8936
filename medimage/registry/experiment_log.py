"""Logging of one pipeline run to MLflow, from several steps."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from medimage.models.history import EpochRecord, TrainingHistory
from medimage.registry.names import allowed_name, flatten
from medimage.registry.runs import find_or_create_run
from medimage.registry.tracking_server import open_client
from medimage.service_calls import CALL_SECONDS, ServiceCalls
from medimage.training.observers.epoch_scalars import system_scalars
from medimage.workspace import owner_prefix, temporary_folders

if TYPE_CHECKING:
    from mlflow import MlflowClient

# Limits of MLflow's REST interface (mlflow.utils.validation).
_LONGEST_PARAMETER = 6000
_PARAMETERS_PER_REQUEST = 100
_METRICS_PER_REQUEST = 1000

_WRITING_SECONDS = 60.0
"""Time that reports of some megabytes and a dozen requests get beyond that of one call."""

_EPOCH_METRICS = (
    "train_loss",
    "train_accuracy",
    "validation_loss",
    "validation_accuracy",
    "validation_auroc",
    "head_learning_rate",
    "backbone_learning_rate",
    "seconds",
)


def log_to_mlflow(
    write: Callable[[ExperimentLog], None], *, experiment: str, run_id: str, seconds: float = CALL_SECONDS
) -> None:
    """Opens the log of a pipeline run and writes to it; a server that fails or does not answer is one warning.

    Args:
        write: Writes what is to be logged.
        experiment: MLflow experiment; created when missing.
        run_id: Id of the pipeline run.
        seconds: Time that opening the log gets; writing gets a minute more.
    """
    opened: list[ExperimentLog] = []
    calls = ServiceCalls("MLflow", seconds=seconds)
    calls.submit(lambda: opened.append(ExperimentLog.open(experiment=experiment, run_id=run_id)))
    calls.submit(lambda: write(opened[0]), extra_seconds=_WRITING_SECONDS)
    calls.finish()


class ExperimentLog:
    """Writes to the MLflow run of one pipeline run.

    Its methods raise what MLflow raises. A run that must go on without MLflow calls them through `log_to_mlflow` or a
    `GuardedObserver`.

    Args:
        client: From `open_client`.
        mlflow_run_id: Id of the MLflow run.
    """

    def __init__(self, client: MlflowClient, mlflow_run_id: str) -> None:
        self._client = client
        self.mlflow_run_id = mlflow_run_id

    @classmethod
    def open(cls, *, experiment: str, run_id: str) -> Self:
        """Opens the log of a pipeline run; every step that gives the same `run_id` writes to the same MLflow run.

        Args:
            experiment: MLflow experiment; created when missing.
            run_id: Id of the pipeline run.

        Raises:
            RegistryError: If the server does not answer, or the experiment was deleted.
        """
        client = open_client()
        return cls(client, find_or_create_run(client, experiment=experiment, run_id=run_id))

    def log_parameters(self, values: Mapping[str, Any]) -> None:
        """Logs settings; nested ones get dotted names. A setting that was logged before keeps its value.

        Args:
            values: Names, with plain values or further mappings.
        """
        from mlflow.entities import Param  # noqa: PLC0415 - see open_client

        logged = self._client.get_run(self.mlflow_run_id).data.params
        parameters = [
            Param(allowed_name(name), str(value)[:_LONGEST_PARAMETER])
            for name, value in flatten(values).items()
            if allowed_name(name) not in logged
        ]
        for start in range(0, len(parameters), _PARAMETERS_PER_REQUEST):
            self._client.log_batch(self.mlflow_run_id, params=parameters[start : start + _PARAMETERS_PER_REQUEST])

    def log_metrics(self, values: Mapping[str, Any], *, step: int = 0) -> None:
        """Logs figures; nested ones get dotted names, and values that are not finite numbers are left out.

        Args:
            values: Names, with numbers or further mappings, such as `Evaluation.summary()`.
            step: Position on the horizontal axis.
        """
        numbers = {
            name: float(value)
            for name, value in flatten(values).items()
            if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        }
        self._log_metrics([(name, value, step) for name, value in numbers.items()])

    def log_history(self, history: TrainingHistory) -> None:
        """Logs the learning curves; epochs that are there already are not logged again.

        Args:
            history: All epochs so far; the position on the axis counts them through the stages, from 1.
        """
        if not history.epochs:
            return
        curve = self._client.get_metric_history(self.mlflow_run_id, f"epoch.{_EPOCH_METRICS[0]}")
        present = {metric.step for metric in curve}
        self._log_metrics(
            [
                point
                for step, epoch in enumerate(history.epochs, start=1)
                if step not in present
                for point in _points(epoch, step=step)
            ]
        )

    def log_epoch(self, epoch: EpochRecord, *, step: int) -> None:
        """Logs one epoch, in one request.

        Args:
            epoch: Its figures.
            step: Its number, counted through the stages from 1.
        """
        self._log_metrics(_points(epoch, step=step))

    def log_text(self, text: str, path: str) -> None:
        """Stores a text, such as an HTML report, as the artifact `path`."""
        self._client.log_text(self.mlflow_run_id, text, path)

    def log_files(self, files: Mapping[str, bytes], *, folder: str) -> None:
        """Stores files as artifacts; those of the same name are replaced.

        Args:
            files: Content by name.
            folder: Folder of the artifacts.
        """
        with tempfile.TemporaryDirectory(dir=temporary_folders(), prefix=owner_prefix()) as directory:
            for name, content in files.items():
                (Path(directory) / name).write_bytes(content)
            self._client.log_artifacts(self.mlflow_run_id, directory, folder)

    def set_tags(self, tags: Mapping[str, str]) -> None:
        """Sets tags of the run."""
        for key, value in tags.items():
            self._client.set_tag(self.mlflow_run_id, key, value)

    def finish(self, status: Literal["FINISHED", "FAILED", "KILLED"] = "FINISHED") -> None:
        """Ends the MLflow run with a status; logging after that is possible still."""
        self._client.set_terminated(self.mlflow_run_id, status)

    def _log_metrics(self, points: list[tuple[str, float, int]]) -> None:
        from mlflow.entities import Metric  # noqa: PLC0415 - see open_client

        now = int(time.time() * 1000)
        metrics = [Metric(allowed_name(name), value, now, step) for name, value, step in points]
        for start in range(0, len(metrics), _METRICS_PER_REQUEST):
            self._client.log_batch(self.mlflow_run_id, metrics=metrics[start : start + _METRICS_PER_REQUEST])


def _points(epoch: EpochRecord, *, step: int) -> list[tuple[str, float, int]]:
    values = {f"epoch.{name}": getattr(epoch, name) for name in (*_EPOCH_METRICS, "stage")} | system_scalars(epoch)
    return [(name, float(value), step) for name, value in values.items() if value is not None and math.isfinite(value)]
