"""Logging of one pipeline run to MLflow, from several steps, without ever ending the run."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, Self

from medimage.errors import MedimageError
from medimage.models.history import EpochRecord, TrainingHistory
from medimage.registry.runs import find_or_create_run
from medimage.registry.tracking_server import open_client

if TYPE_CHECKING:
    from mlflow import MlflowClient

logger = logging.getLogger(__name__)

# Limits of MLflow's REST interface (mlflow.utils.validation).
_LONGEST_PARAMETER = 6000
_PARAMETERS_PER_REQUEST = 100
_METRICS_PER_REQUEST = 1000

_EPOCH_METRICS = (
    "train_loss",
    "train_accuracy",
    "validation_loss",
    "validation_accuracy",
    "head_learning_rate",
    "backbone_learning_rate",
    "seconds",
)


class ExperimentLog:
    """Writes to the MLflow run of one pipeline run.

    The first failure is one warning; from then on nothing is sent any more, so that a server that is away costs
    seconds and not minutes.
    """

    def __init__(self, client: MlflowClient | None, mlflow_run_id: str) -> None:
        self._client = client
        self.mlflow_run_id = mlflow_run_id

    @classmethod
    def open(cls, *, experiment: str, run_id: str) -> Self:
        """Opens the log of a pipeline run; every step that gives the same `run_id` writes to the same MLflow run.

        Args:
            experiment: MLflow experiment; created when missing.
            run_id: Id of the pipeline run.
        """
        log = cls(None, "")
        with log._warning_only("open the run"):
            client = open_client()
            log.mlflow_run_id = find_or_create_run(client, experiment=experiment, run_id=run_id)
            log._client = client
        return log

    def log_parameters(self, values: Mapping[str, Any]) -> None:
        """Logs settings; nested ones get dotted names. A setting that was logged before keeps its value.

        Args:
            values: Names, with plain values or further mappings.
        """
        with self._warning_only("log parameters") as client:
            if client is None:
                return
            from mlflow.entities import Param  # noqa: PLC0415 - see open_client

            logged = client.get_run(self.mlflow_run_id).data.params
            parameters = [
                Param(_allowed_name(name), str(value)[:_LONGEST_PARAMETER])
                for name, value in flatten(values).items()
                if _allowed_name(name) not in logged
            ]
            for start in range(0, len(parameters), _PARAMETERS_PER_REQUEST):
                client.log_batch(self.mlflow_run_id, params=parameters[start : start + _PARAMETERS_PER_REQUEST])

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
        present: set[int] = set()
        with self._warning_only("read the learning curves") as client:
            if client is not None:
                curve = client.get_metric_history(self.mlflow_run_id, f"epoch.{_EPOCH_METRICS[0]}")
                present = {metric.step for metric in curve}
        self._log_metrics(
            [
                point
                for step, epoch in enumerate(history.epochs, start=1)
                if step not in present
                for point in _points(epoch, step=step)
            ]
        )

    def log_text(self, text: str, path: str) -> None:
        """Stores a text, such as an HTML report, as the artifact `path`."""
        with self._warning_only(f"store {path}") as client:
            if client is not None:
                client.log_text(self.mlflow_run_id, text, path)

    def set_tags(self, tags: Mapping[str, str]) -> None:
        """Sets tags of the run."""
        with self._warning_only("set tags") as client:
            if client is not None:
                for key, value in tags.items():
                    client.set_tag(self.mlflow_run_id, key, value)

    def finish(self, status: Literal["FINISHED", "FAILED", "KILLED"] = "FINISHED") -> None:
        """Ends the MLflow run with a status; logging after that is possible still."""
        with self._warning_only("end the run") as client:
            if client is not None:
                client.set_terminated(self.mlflow_run_id, status)

    def _log_metrics(self, points: list[tuple[str, float, int]]) -> None:
        with self._warning_only("log metrics") as client:
            if client is None or not points:
                return
            from mlflow.entities import Metric  # noqa: PLC0415 - see open_client

            now = int(time.time() * 1000)
            metrics = [Metric(_allowed_name(name), value, now, step) for name, value, step in points]
            for start in range(0, len(metrics), _METRICS_PER_REQUEST):
                client.log_batch(self.mlflow_run_id, metrics=metrics[start : start + _METRICS_PER_REQUEST])

    @contextmanager
    def _warning_only(self, action: str) -> Iterator[MlflowClient | None]:
        try:
            yield self._client
        except Exception as error:
            # Whatever a tracker does, training goes on: that is the promise of this class.
            self._client = None
            reason = str(error) if isinstance(error, MedimageError) else f"{type(error).__name__}: {error}"
            logger.warning("MLflow could not %s; this run goes on without it. %s", action, reason)


def flatten(values: Mapping[str, Any], *, prefix: str = "") -> dict[str, Any]:
    """Returns nested mappings as one, with dotted names; other values stay as they are."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            flat |= flatten(value, prefix=f"{name}.")
        else:
            flat[name] = value
    return flat


def _points(epoch: EpochRecord, *, step: int) -> list[tuple[str, float, int]]:
    values = [(name, float(getattr(epoch, name))) for name in (*_EPOCH_METRICS, "stage")]
    return [(f"epoch.{name}", value, step) for name, value in values if math.isfinite(value)]


def _allowed_name(name: str) -> str:
    # MLflow accepts letters, digits, '_', '-', '.', ' ' and '/' only; class names may hold others.
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in "_-. /") else "_" for letter in name)
