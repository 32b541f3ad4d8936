"""torch.compile, where it pays."""

import logging
from typing import Final

import torch
from torch import Tensor

from medimage.config.training import CompileSetting
from medimage.errors import TrainingError
from medimage.models.network import Network
from medimage.training.failures import is_out_of_memory
from medimage.training.forward import classify_images

logger = logging.getLogger(__name__)

FEWEST_STEPS: Final = 2_500
"""Steps of a stage from which `auto` compiles on a GPU.

Compiling takes about a minute: 54 s were measured, for ResNet18 on two cores, which is where it runs whatever the
device. A compiled step is taken to be 1.3 times as fast and an eager one to take 0.1 s, so that each step saves 0.023 s
and 2,350 make up for the minute. `benchmarks/gpu_training.py` measures the speed-up on the GPU at hand.
"""

BACKEND: Final = "inductor"
"""PyTorch's own compiler."""


def pays(setting: CompileSetting, *, device: torch.device, steps: int) -> bool:
    """Returns whether to compile a stage.

    Never by itself on a CPU, where compiled networks were no faster.

    Args:
        setting: Section `training.compile`.
        device: Device to compute on.
        steps: Steps of the stage.
    """
    return setting == "on" or (setting == "auto" and device.type == "cuda" and steps >= FEWEST_STEPS)


class CompiledClassifier:
    """The way from images to logits, compiled for whole batches at the first of them.

    What is compiled is that way and not the network, whose state keeps its names. The last batch of an epoch, which
    has another size, runs as written: compiling for it too would take as long again. One of several processes that
    train together compiles for its share of a whole batch.

    Args:
        network: Network to run; its weights may change.
        batch_size: Images in a whole batch, or in this process's share of one.
        required: Whether a network that cannot be compiled is an error; else it runs as written, with a warning.
    """

    def __init__(self, network: Network, *, batch_size: int, required: bool) -> None:
        self._network = network
        self._batch_size = batch_size
        self._required = required
        self._compiled = torch.compile(self._eager, backend=BACKEND, dynamic=False)
        self._is_usable = True
        self._has_run = False

    def __call__(self, images: Tensor) -> Tensor:
        """Returns logits, float32 [batch, classes], of normalised images [batch, 3, height, width].

        Raises:
            TrainingError: If the network must be compiled and cannot be.
        """
        if not self._is_usable or len(images) != self._batch_size:
            return self._eager(images)
        try:
            logits = self._compiled(images)
        except Exception as error:  # A compiler fails in many ways: no C compiler, no Triton, code it does not take.
            if self._has_run or is_out_of_memory(error):
                raise
            self._give_up(error)
            return self._eager(images)
        self._has_run = True
        return logits

    def _eager(self, images: Tensor) -> Tensor:
        return classify_images(self._network, images)

    def _give_up(self, error: Exception) -> None:
        name = self._network.spec.name
        # The first line names the backend, the second one what it said.
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        reason = " ".join(lines[:2]).rstrip(".") or type(error).__name__
        if self._required:
            raise TrainingError(
                f"training.compile is on, but {name} cannot be compiled here: {reason}. Set training.compile: off."
            ) from error
        self._is_usable = False
        logger.warning("%s cannot be compiled here (%s); training goes on without it.", name, reason)
