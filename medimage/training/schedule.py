"""Learning rates from epoch to epoch."""

import math
from typing import Any

from torch.optim import Optimizer
from torch.optim.lr_scheduler import ReduceLROnPlateau

from medimage.config.schedule import ScheduleConfig
from medimage.errors import ConfigurationError


def scheduled_rate(base: float, *, epoch: int, epochs: int, schedule: ScheduleConfig) -> float:
    """Returns the learning rate of an epoch, for the schedules that depend on nothing else.

    Cosine: min + (base - min) (1 + cos(pi t / T)) / 2 at epoch t of T, counted from 0 after the warm-up; with warm
    restarts t and T belong to the current period (I. Loshchilov, F. Hutter, SGDR, 2017). The warm-up of W epochs goes
    linearly from base / (W + 1) to base W / (W + 1), so that the schedule's first epoch is the first at `base`.

    Args:
        base: Learning rate that the recipe names.
        epoch: Epoch within its stage, from 1.
        epochs: Epochs of the stage.
        schedule: Recipe of the schedule; `plateau` gives its rate before any reduction.
    """
    warmup = schedule.warmup_epochs
    if epoch <= warmup:
        return base * epoch / (warmup + 1)
    elapsed, period = epoch - warmup - 1, epochs - warmup
    if schedule.name == "warm_restarts":
        period = schedule.first_restart
        while elapsed >= period:
            elapsed -= period
            period *= schedule.restart_factor
    elif schedule.name != "cosine":
        return base
    return schedule.minimum + (base - schedule.minimum) * (1 + math.cos(math.pi * elapsed / period)) / 2


class LearningRateSchedule:
    """Sets the learning rates of an optimizer's groups, each from its own base."""

    def __init__(self, optimizer: Optimizer, *, schedule: ScheduleConfig, epochs: int) -> None:
        self._optimizer = optimizer
        self._schedule = schedule
        self._epochs = epochs
        self._bases = [float(group["lr"]) for group in optimizer.param_groups]
        if schedule.warmup_epochs >= epochs:
            raise ConfigurationError(
                f"Expected schedule.warmup_epochs to be below the stage's {epochs} epochs but got "
                f"{schedule.warmup_epochs}; the schedule would never start."
            )
        if schedule.name != "constant" and schedule.minimum > min(self._bases):
            raise ConfigurationError(
                f"Expected schedule.minimum to be at most every learning rate but it is {schedule.minimum:g} and the "
                f"learning rates are {', '.join(f'{base:g}' for base in self._bases)}; the schedule would raise them."
            )
        self._plateau: ReduceLROnPlateau | None = None
        if schedule.name == "plateau":
            self._plateau = ReduceLROnPlateau(
                optimizer,
                factor=schedule.plateau_factor,
                patience=schedule.plateau_patience,
                min_lr=schedule.minimum,
            )

    def start_epoch(self, epoch: int) -> None:
        """Sets the learning rates of an epoch.

        Args:
            epoch: Epoch within its stage, from 1.
        """
        if self._plateau is not None and epoch > self._schedule.warmup_epochs + 1:
            return
        for group, base in zip(self._optimizer.param_groups, self._bases, strict=True):
            group["lr"] = scheduled_rate(base, epoch=epoch, epochs=self._epochs, schedule=self._schedule)

    def end_epoch(self, epoch: int, *, validation_loss: float) -> None:
        """Tells the schedule how the epoch went; only `plateau` listens, after the warm-up.

        Args:
            epoch: Epoch within its stage, from 1.
            validation_loss: Mean loss over the validation images.
        """
        if self._plateau is not None and epoch > self._schedule.warmup_epochs:
            self._plateau.step(validation_loss)

    def state(self) -> dict[str, Any]:
        """Returns what does not follow from the epoch's number, ready for JSON."""
        rates = [float(group["lr"]) for group in self._optimizer.param_groups]
        if self._plateau is None:
            return {"rates": rates}
        return {"rates": rates, "best": _finite(self._plateau.best), "bad_epochs": self._plateau.num_bad_epochs}

    def restore(self, state: dict[str, Any]) -> None:
        """Goes on from what `state` gave."""
        for group, rate in zip(self._optimizer.param_groups, state["rates"], strict=True):
            group["lr"] = rate
        if self._plateau is not None:
            self._plateau.best = math.inf if state["best"] is None else state["best"]
            self._plateau.num_bad_epochs = state["bad_epochs"]


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
