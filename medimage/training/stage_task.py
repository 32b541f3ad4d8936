"""One stage of training, with all that it needs, in whatever process it is done."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from medimage.config.model import ModelConfig
from medimage.config.training import StageNumber, TrainingConfig
from medimage.data.labelled_pixels import LabelledPixels
from medimage.models.build import build_network, load_network
from medimage.models.device import resolve_device, resolve_precision
from medimage.models.history import TrainingHistory
from medimage.models.network import Network
from medimage.models.state import pack_state
from medimage.models.table_defaults import resolve_learning_rates
from medimage.models.trained_model import ModelSpec, TrainedModel
from medimage.models.weights import load_pretrained_weights
from medimage.training.checkpointing.checkpoint_store import CheckpointStore
from medimage.training.checkpointing.checkpoints import Checkpoints
from medimage.training.checkpointing.training_identity import training_identity
from medimage.training.determinism import reproducible
from medimage.training.distributed.processes import ALONE, Processes
from medimage.training.failures import explained_failures
from medimage.training.freezing import total_parameters
from medimage.training.observers.observer import ObserverGroup, TrainingObserver
from medimage.training.seeds import derive_seed
from medimage.training.stage import Stage, StageResult
from medimage.training.stage_setting import StageSetting


@dataclass(frozen=True, kw_only=True)
class StageTask:
    """One stage of training, with all that it needs; `train_stage` says what each is."""

    spec: ModelSpec
    stage: StageNumber
    model: ModelConfig
    training: TrainingConfig
    seed: int
    train: LabelledPixels
    validation: LabelledPixels
    batch_size: int
    previous: TrainedModel | None
    checkpoints: CheckpointStore | None
    code: str


def initial_network(spec: ModelSpec, model: ModelConfig, *, seed: int) -> Network:
    """Returns a network with its first weights.

    Args:
        spec: What to build.
        model: Where pretrained weights come from.
        seed: Seed of the others.
    """
    network = build_network(spec, seed=seed)
    load_pretrained_weights(network, model)
    return network


def run_stage(task: StageTask, *, observers: Sequence[TrainingObserver], processes: Processes = ALONE) -> TrainedModel:
    """Trains one stage in this process, or this process's share of it.

    Args:
        task: The stage.
        observers: Who watches. They are closed in the end, also after an error or Ctrl-C.
        processes: Those that train together.

    Raises:
        TrainingError: If training diverges, or memory ran out.
        WeightsError: If pretrained weights cannot be had.
        ConfigurationError: If the recipe does not fit the network or the device.
    """
    stage, training, previous = task.stage, task.training, task.previous
    network = initial_network(task.spec, task.model, seed=task.seed) if previous is None else load_network(previous)
    config = resolve_learning_rates(training.stage(stage), model=task.model.name, section=f"training.stage{stage}")
    device = resolve_device(training.device)
    if processes.count > 1 and device.type == "cuda":
        device = torch.device("cuda", processes.rank)
    setting = StageSetting(
        stage=stage,
        seed=task.seed,
        batch_size=task.batch_size,
        accumulation=training.accumulation,
        device=device,
        precision=resolve_precision(training.precision, device=device),
        processes=processes,
    )
    identity = training_identity(
        network,
        stage=stage,
        training=training,
        setting=setting,
        train=task.train,
        validation=task.validation,
        code=task.code,
    )
    kept = Checkpoints(
        task.checkpoints if training.checkpoints else None, identity=identity, writes=processes.rank == 0
    )
    watching = ObserverGroup(observers)
    with (
        reproducible(derive_seed(task.seed, stage, 0), device=device, deterministic=training.deterministic),
        explained_failures(batch_size=task.batch_size, processes=processes.count),
    ):
        try:
            result = Stage(
                network,
                config=config,
                training=training,
                setting=setting,
                train=task.train,
                validation=task.validation,
                checkpoints=kept,
                observers=watching,
            ).run()
            trained = _trained_model(network, result, previous=previous)
            watching.on_model(trained)
        finally:
            watching.close()
    kept.finish()
    return trained


def _trained_model(network: Network, result: StageResult, *, previous: TrainedModel | None) -> TrainedModel:
    before = TrainingHistory() if previous is None else previous.history
    return TrainedModel(
        spec=network.spec,
        weights=pack_state(result.best),
        last_weights=pack_state(result.last),
        history=TrainingHistory(epochs=(*before.epochs, *result.epochs), stages=(*before.stages, result.record)),
        parameters=total_parameters(network),
    )
