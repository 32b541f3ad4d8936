"""Training in Weights & Biases."""

import importlib
import logging
import os
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from medimage.errors import MedimageError
from medimage.models.history import EpochRecord, StageRecord
from medimage.models.trained_model import TrainedModel
from medimage.training.observers.epoch_scalars import epoch_scalars
from medimage.training.observers.observer import StageStart, TrainingObserver

logger = logging.getLogger(__name__)

START_SECONDS = 30.0
"""Time the service gets to answer when a run starts."""

FINISH_SECONDS = 30.0
"""Time the client gets to send what is left when a run ends; it is kept on disk where that is not enough."""

RELEASE_SECONDS = 10.0
"""Time the client's own process gets to end, once it has sent what it has."""


class WandbObserver(TrainingObserver):
    """Logs figures, hyperparameters and weights; each stage is a run of one group.

    Args:
        project: Project on the service.
        name: Name of the pipeline run, which becomes the group.
        settings: Hyperparameters to show beside it.
        directory: Folder for the run's local files.
        mode: `online`, or `offline` to keep everything on disk for `wandb sync`. `WANDB_MODE` wins.
        store_models: Whether the weights are stored.
        first_epoch: Epochs of earlier stages.
    """

    def __init__(
        self,
        *,
        project: str,
        name: str,
        settings: Mapping[str, Any],
        directory: Path,
        mode: Literal["online", "offline"] = "online",
        store_models: bool = True,
        first_epoch: int = 0,
    ) -> None:
        self._project = project
        self._name = name
        self._settings = dict(settings)
        self._directory = directory
        self._mode = mode
        self._store_models = store_models
        self._first_epoch = first_epoch
        self._run: Any = None

    def on_stage_start(self, start: StageStart) -> None:
        """Starts the run, or goes on with it where the stage is resumed.

        Raises:
            MedimageError: If the package or the key is missing.
        """
        wandb = _load()
        mode = os.environ.get("WANDB_MODE", self._mode)
        if mode == "online" and not _has_key(wandb):
            # The client would ask for one on the terminal, and training would wait for the answer.
            raise MedimageError(
                "there is no key: set WANDB_API_KEY, run `wandb login`, or set tracking.wandb_mode: offline"
            )
        self._directory.mkdir(parents=True, exist_ok=True)
        run = f"{self._name}-stage{start.stage}"
        self._run = wandb.init(
            project=self._project,
            id=run,
            name=run,
            group=self._name,
            mode=mode,
            resume="allow" if mode == "online" else None,
            dir=str(self._directory),
            config={**self._settings, **_described(start)},
            settings=wandb.Settings(
                init_timeout=START_SECONDS,
                finish_timeout=FINISH_SECONDS,
                finish_timeout_raises=True,
                silent=True,
                # The console may name files and patients; it stays here, as do the names of machine and user.
                console="off",
                host="machine",
                disable_git=True,
                x_disable_meta=True,
                x_disable_machine_info=True,
                # The load of the machine is in the epochs' figures.
                x_disable_stats=True,
            ),
        )
        for record in start.finished:
            if self._first_epoch + record.epoch >= self._run.step:
                self.on_epoch_end(record)

    def on_epoch_end(self, record: EpochRecord) -> None:
        """Logs the epoch's figures, in one call."""
        if self._run is not None:
            self._run.log({"stage": record.stage, **epoch_scalars(record)}, step=self._first_epoch + record.epoch)

    def on_stage_end(self, record: StageRecord) -> None:
        """Logs the best epoch."""
        if self._run is not None:
            self._run.summary.update({f"stage{record.stage}/best_epoch": record.best_epoch})

    def on_model(self, model: TrainedModel) -> None:
        """Stores the weights, each file as a version of the artifact of its name."""
        if self._run is None or not self._store_models:
            return
        wandb = _load()
        stage = model.history.stages[-1].stage
        sent = []
        for name, content in model.weight_files().items():
            artifact = wandb.Artifact(_artifact_name(name), type="model", metadata={"stage": stage})
            with artifact.new_file(name, mode="wb") as file:
                file.write(content)
            sent.append(self._run.log_artifact(artifact, aliases=[f"stage{stage}"]))
        if not self._run.offline:
            for artifact in sent:
                artifact.wait()

    def close(self) -> None:
        """Finishes the run."""
        run, self._run = self._run, None
        if run is not None:
            run.finish()

    def release(self) -> None:
        """Ends the client's own process, or leaves it to itself: at exit, the client waits for it without limit."""
        wandb = sys.modules.get("wandb")
        if wandb is not None:
            ending = threading.Thread(target=_end, args=(wandb,), name="end of Weights & Biases", daemon=True)
            ending.start()
            ending.join(RELEASE_SECONDS)


def _end(wandb: Any) -> None:
    try:
        wandb.teardown()
    except Exception as error:
        # The run is finished, or was given up with a warning; what the client's own process does now concerns nobody.
        logger.debug("Weights & Biases did not end as it should: %s", error)


def _load() -> Any:
    try:
        return importlib.import_module("wandb")
    except ModuleNotFoundError as error:
        raise MedimageError("its package is missing: install the extra `wandb`") from error


def _has_key(wandb: Any) -> bool:
    return bool(os.environ.get("WANDB_API_KEY") or os.environ.get("WANDB_IDENTITY_TOKEN_FILE") or wandb.api.api_key)


def _described(start: StageStart) -> dict[str, Any]:
    return {
        "stage": start.stage,
        "trainable_parameters": start.trainable_parameters,
        "parameters": start.parameters,
        "batch_size": start.batch_size,
        "precision": start.precision,
        "device": start.device,
    }


def _artifact_name(file: str) -> str:
    # The service accepts letters, digits, '_', '-' and '.' only.
    name = Path(file).stem
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in "_-.") else "_" for letter in name)
