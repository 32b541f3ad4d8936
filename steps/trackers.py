"""Who watches a training step: the console, MLflow, and what the configuration adds."""

from typing import TYPE_CHECKING, Any, Literal

from zenml import get_step_context

from medimage.config.delivery import TrackingConfig
from medimage.config.model import ModelConfig
from medimage.config.training import TrainingConfig
from medimage.models.history import TrainingHistory
from medimage.models.trained_model import TrainedModel
from medimage.workspace import workspace
from steps.branch import branch_run, current_branch

if TYPE_CHECKING:
    from medimage.training.observers.observer import TrainingObserver


def open_trackers(
    tracking: TrackingConfig,
    *,
    experiment: str,
    stage: Literal[1, 2],
    model: ModelConfig,
    training: TrainingConfig,
    seed: int,
    previous: TrainedModel | None,
) -> "list[TrainingObserver]":
    """Opens every tracker for the run of the current step; none of them can stop it or keep it waiting.

    Args:
        tracking: Which trackers are used beside MLflow and the console.
        experiment: MLflow experiment.
        stage: Which stage is trained.
        model: What is trained, to be logged.
        training: The recipe, to be logged.
        seed: The run's seed, to be logged.
        previous: The model before this stage, whose epochs come first on every axis.
    """
    # Imported here because these import PyTorch, which a run of cached steps should not wait for.
    from medimage.registry.mlflow_observer import MlflowObserver  # noqa: PLC0415
    from medimage.training.observers.console_observer import ConsoleObserver  # noqa: PLC0415
    from medimage.training.observers.csv_observer import CsvObserver  # noqa: PLC0415
    from medimage.training.observers.guarded_observer import GuardedObserver  # noqa: PLC0415
    from medimage.training.observers.log_observer import LogObserver  # noqa: PLC0415
    from medimage.training.observers.tensorboard_observer import TensorBoardObserver  # noqa: PLC0415
    from medimage.training.observers.wandb_observer import WandbObserver  # noqa: PLC0415
    from steps.branch_log import open_branch_log  # noqa: PLC0415

    run_name, branch = get_step_context().pipeline_run.name, current_branch()
    run, folder = branch_run(run_name, branch), workspace() / "runs" / run_name / branch
    earlier = previous.history if previous is not None else TrainingHistory()
    settings = _settings(stage=stage, model=model, training=training, seed=seed)
    trackers: dict[str, TrainingObserver] = {
        "MLflow": MlflowObserver(
            lambda: open_branch_log(experiment=experiment, run_name=run_name, branch=branch),
            earlier=earlier,
            settings={"config": settings},
            store_models=tracking.models,
        )
    }
    if tracking.csv:
        trackers["The CSV file of the epochs"] = CsvObserver(folder)
    if tracking.tensorboard:
        trackers["TensorBoard"] = TensorBoardObserver(folder / "tensorboard", first_epoch=len(earlier.epochs))
    if tracking.wandb:
        trackers["Weights & Biases"] = WandbObserver(
            project=tracking.wandb_project,
            name=run,
            settings=settings,
            directory=folder,
            mode=tracking.wandb_mode,
            store_models=tracking.models,
            first_epoch=len(earlier.epochs),
        )
    return [
        ConsoleObserver(),
        LogObserver(),
        *(GuardedObserver(tracker, name=name) for name, tracker in trackers.items()),
    ]


def _settings(*, stage: Literal[1, 2], model: ModelConfig, training: TrainingConfig, seed: int) -> dict[str, Any]:
    # The other stage's settings are not known here: see `TrainingConfig.for_stage`.
    other = "stage2" if stage == 1 else "stage1"
    return {
        "seed": seed,
        "model": model.model_dump(mode="json"),
        "training": training.model_dump(mode="json", exclude={other}),
    }
