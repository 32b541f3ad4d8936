"""Who watches a training step: the console, MLflow, and what the configuration adds."""

from typing import TYPE_CHECKING

from zenml import get_step_context

from medimage.config.delivery import TrackingConfig
from medimage.config.model import ModelConfig
from medimage.config.training import TrainingConfig
from medimage.models.history import TrainingHistory
from medimage.models.trained_model import TrainedModel
from medimage.workspace import workspace

if TYPE_CHECKING:
    from medimage.training.observer import TrainingObserver


def open_trackers(
    tracking: TrackingConfig,
    *,
    experiment: str,
    model: ModelConfig,
    training: TrainingConfig,
    previous: TrainedModel | None,
) -> "list[TrainingObserver]":
    """Opens every tracker for the run of the current step.

    Args:
        tracking: Which trackers are used beside MLflow and the console.
        experiment: MLflow experiment.
        model: What is trained, to be logged.
        training: The recipe, to be logged.
        previous: The model before this stage, whose epochs come first on every axis.
    """
    # Imported here because these import PyTorch, which a run of cached steps should not wait for.
    from medimage.registry.experiment_log import ExperimentLog  # noqa: PLC0415
    from medimage.registry.mlflow_observer import MlflowObserver  # noqa: PLC0415
    from medimage.training.console_observer import ConsoleObserver  # noqa: PLC0415
    from medimage.training.tensorboard_observer import TensorBoardObserver  # noqa: PLC0415
    from medimage.training.wandb_observer import WandbObserver  # noqa: PLC0415

    run = get_step_context().pipeline_run
    earlier = previous.history if previous is not None else TrainingHistory()
    log = ExperimentLog.open(experiment=experiment, run_id=run.name)
    settings = {"model": model.model_dump(mode="json"), "training": training.model_dump(mode="json")}
    observers: list[TrainingObserver] = [ConsoleObserver(), MlflowObserver(log, earlier=earlier)]
    folder = workspace() / "runs" / run.name
    if tracking.tensorboard:
        observers.append(TensorBoardObserver(folder / "tensorboard", first_epoch=len(earlier.epochs)))
    if tracking.wandb:
        observers.append(
            WandbObserver(project=tracking.wandb_project, name=run.name, config=settings, directory=folder)
        )
    return observers
