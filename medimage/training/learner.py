"""What the steps of a stage change: weights, moments, learning rates and what is averaged over them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.amp.grad_scaler import GradScaler

from medimage.config.stage import StageConfig
from medimage.models.device import Precision
from medimage.models.network import Network
from medimage.models.state import copy_state
from medimage.training.checkpointing.changing_state import changing_keys, copy_entries, restore_entries
from medimage.training.checkpointing.optimizer_state import copy_optimizer, restore_optimizer
from medimage.training.distributed.processes import ALONE, Processes
from medimage.training.freezing import freeze
from medimage.training.gradient_steps import GradientSteps
from medimage.training.recipe import build_optimizer
from medimage.training.schedule import LearningRateSchedule
from medimage.training.weight_average import WeightAverage


@dataclass(frozen=True, kw_only=True)
class LearnerState:
    """A copy of all that steps change.

    Attributes:
        tensors: Entries of the network, of the average and of the optimizer, on the CPU, each with its origin in front.
        values: Everything else, ready for JSON.
    """

    tensors: dict[str, Tensor]
    values: dict[str, Any]


class Learner:
    """A network, and all that training it takes along from step to step.

    Attributes:
        network: The network that is trained.
        optimizer: Its optimizer.
        schedule: Learning rates by epoch.
    """

    def __init__(
        self,
        network: Network,
        *,
        config: StageConfig,
        weight_average: float | None,
        device: torch.device,
        processes: Processes = ALONE,
    ) -> None:
        self.network = network.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        freeze(network, trainable=config.trainable, batch_norm=config.batch_norm)
        self.optimizer = build_optimizer(network, config)
        self.schedule = LearningRateSchedule(self.optimizer, schedule=config.schedule, epochs=config.epochs)
        self._average = WeightAverage(network, decay=weight_average) if weight_average is not None else None
        self._scaler = GradScaler(device.type, enabled=False)
        self._device = device
        self._processes = processes
        self._keys = changing_keys(network)

    @property
    def judged(self) -> Network:
        """The network that is validated, chosen and returned: the average of the weights where there is one."""
        return self.network if self._average is None else self._average.network

    def use_precision(self, precision: Precision) -> None:
        """Prepares for an arithmetic: small gradients vanish in fp16, so they are scaled up."""
        self._scaler = GradScaler(self._device.type, enabled=precision == "fp16")

    def steps(self, *, gradient_clip: float | None) -> GradientSteps:
        """Returns what takes steps, for one epoch."""
        return GradientSteps(
            self.optimizer,
            gradient_clip=gradient_clip,
            scaler=self._scaler,
            after_step=self._after_step,
            processes=self._processes,
        )

    def share_statistics(self) -> None:
        """Gives all processes that train together the running statistics of the first one."""
        self._processes.share_buffers(self.network)
        self._processes.share_buffers(self.judged)

    def judged_entries(self) -> dict[str, Tensor]:
        """Returns a copy of what training changes of the judged network's state."""
        return copy_entries(self.judged, self._keys)

    def whole_state(self, entries: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Returns a state of the network in which entries, as `judged_entries` gave them, stand for its own."""
        return {**copy_state(self.network), **entries}

    def copy(self) -> LearnerState:
        """Returns a copy of all that steps change."""
        tensors = {f"network.{key}": value for key, value in copy_entries(self.network, self._keys).items()}
        tensors |= {f"optimizer.{key}": value for key, value in copy_optimizer(self.optimizer).items()}
        values: dict[str, Any] = {"schedule": self.schedule.state(), "scaler": self._scaler.state_dict()}
        if self._average is not None:
            tensors |= {f"average.{key}": value for key, value in self.judged_entries().items()}
            values["averaged_steps"] = self._average.steps
        return LearnerState(tensors=tensors, values=values)

    def restore(self, state: LearnerState) -> None:
        """Goes on from a copy.

        Raises:
            ValueError: If it is one of another network.
        """
        restore_entries(self.network, _of("network", state.tensors))
        restore_optimizer(self.optimizer, _of("optimizer", state.tensors))
        self.schedule.restore(state.values["schedule"])
        if self._scaler.is_enabled() and state.values["scaler"]:
            self._scaler.load_state_dict(state.values["scaler"])
        if self._average is not None:
            self._average.restore(_of("average", state.tensors), steps=state.values["averaged_steps"])

    def _after_step(self) -> None:
        if self._average is not None:
            self._average.update(self.network)


def _of(origin: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {key.removeprefix(f"{origin}."): value for key, value in tensors.items() if key.startswith(f"{origin}.")}
