"""What a stage trains on in each epoch: images changed anew, or features of a frozen backbone."""

from collections.abc import Callable
from typing import Protocol, TypeAlias

import torch
from torch import Tensor

from medimage.config.augmentation import AugmentationConfig
from medimage.models.network import Network
from medimage.training.augmentation.augment import augment
from medimage.training.augmentation.mixing import Mixing
from medimage.training.forward import classify_images
from medimage.training.inputs.batches import Batches, LabelledBatches
from medimage.training.inputs.sampling import Sampling, draw_order

Counting: TypeAlias = Callable[[str, int], Callable[[], None]]
"""Begins a pass with a title and a number of batches, and returns what is called after each of them."""


class TrainingInputs(Protocol):
    """What a stage trains on. Nothing of an epoch depends on the epochs before it."""

    @property
    def batches(self) -> Batches:
        """The images of the stage, with the batch size."""
        ...

    def prepare(self, epoch: int) -> None:
        """Does what an epoch needs to have been done; most need nothing.

        Args:
            epoch: Epoch within its stage, from 1.
        """
        ...

    def epoch(self, epoch: int) -> LabelledBatches:
        """Yields the inputs of an epoch, with their labels or the share of each class in each of them.

        Args:
            epoch: Epoch within its stage, from 1.
        """
        ...

    def classify(self, inputs: Tensor) -> Tensor:
        """Computes the logits of a batch, float32 [batch, classes]."""
        ...


class AugmentedImages(TrainingInputs):
    """Images, changed at random and mixed on the device, anew in every epoch.

    Args:
        network: Network to run.
        batches: The images.
        config: Ranges of the changes.
        mixing: How images are mixed, if at all.
        sampling: Which images an epoch takes.
        seed_of: Seed of an epoch.
        classify: From normalised images to logits, where that is compiled.
    """

    def __init__(
        self,
        network: Network,
        *,
        batches: Batches,
        config: AugmentationConfig,
        mixing: Mixing | None,
        sampling: Sampling,
        seed_of: Callable[[int], int],
        classify: Callable[[Tensor], Tensor] | None = None,
    ) -> None:
        self._network = network
        self._classify = classify or (lambda images: classify_images(network, images))
        self._batches = batches
        self._config = config
        self._mixing = mixing
        self._sampling: Sampling = sampling
        self._seed_of = seed_of

    @property
    def batches(self) -> Batches:
        """The images of the stage, with the batch size."""
        return self._batches

    def prepare(self, epoch: int) -> None:
        """Does nothing: everything is done batch by batch."""

    def epoch(self, epoch: int) -> LabelledBatches:
        """Yields changed images, float32 [batch, channels, height, width], 0 to 255, with their labels or shares."""
        generator = torch.Generator().manual_seed(self._seed_of(epoch))
        rows = draw_order(self._batches.labels, sampling=self._sampling, generator=generator)
        for pixels, labels in self._batches.of_rows(rows):
            images = augment(pixels, config=self._config, generator=generator)
            if self._mixing is None:
                yield images, labels
            else:
                yield self._mixing(images, labels, generator=generator)

    def classify(self, inputs: Tensor) -> Tensor:
        """Computes the logits of a batch of changed images."""
        return self._classify(self._network.normalize(inputs))
