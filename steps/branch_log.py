"""The MLflow run of a fold or candidate, below that of the whole pipeline run."""

from collections.abc import Mapping
from typing import Any

from medimage.models.history import TrainingHistory
from medimage.registry.experiment_log import ExperimentLog, log_to_mlflow
from steps.branch import branch_run

_PARENT = "mlflow.parentRunId"
"""MLflow's tag of a run that its pages show below another one."""


def open_branch_log(*, experiment: str, run_name: str, branch: str) -> ExperimentLog:
    """Opens the log of a fold or candidate, or of the whole run without one.

    Args:
        experiment: MLflow experiment; created when missing.
        run_name: Name of the pipeline run.
        branch: Fold or candidate; may be empty.

    Raises:
        RegistryError: If the server does not answer, or the experiment was deleted.
    """
    log = ExperimentLog.open(experiment=experiment, run_id=branch_run(run_name, branch))
    if branch:
        log.set_tags({_PARENT: ExperimentLog.open(experiment=experiment, run_id=run_name).mlflow_run_id})
    return log


def log_branch(
    *,
    experiment: str,
    run_name: str,
    branch: str,
    history: TrainingHistory,
    metrics: Mapping[str, Any],
    tags: Mapping[str, str],
) -> None:
    """Logs what came of a fold or candidate and ends its MLflow run; a server that is away is one warning.

    Args:
        experiment: MLflow experiment.
        run_name: Name of the pipeline run.
        branch: Fold or candidate.
        history: All its epochs; those that were logged while it trained are not logged again.
        metrics: Figures by name, which may be nested.
        tags: Tags of the run.
    """

    def log(opened: ExperimentLog) -> None:
        parent = ExperimentLog.open(experiment=experiment, run_id=run_name)
        opened.log_history(history)
        opened.log_metrics(metrics)
        opened.set_tags({**tags, _PARENT: parent.mlflow_run_id})
        opened.finish()

    log_to_mlflow(log, experiment=experiment, run_id=branch_run(run_name, branch))
