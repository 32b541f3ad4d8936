"""Training images seen through a frozen backbone, a few augmented views of each."""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from medimage.config.augmentation import AugmentationConfig
from medimage.models.device import Precision
from medimage.models.network import Network
from medimage.training.augmentation.augment import augment
from medimage.training.forward import Forward, classify_features
from medimage.training.inputs.batches import Batches, LabelledBatches
from medimage.training.inputs.features import MEMORY_BYTES, compute_features
from medimage.training.inputs.sampling import Sampling, draw_order
from medimage.training.inputs.training_inputs import Counting, TrainingInputs


class FeatureViews(TrainingInputs):
    """Features of augmented views, each computed when an epoch first needs it; later epochs run the head alone.

    Epoch e takes view (e - 1) modulo the number of views, so that as many epochs as there are views are those of
    training without a cache. Images that are not augmented have one view.

    Args:
        network: Network with a frozen backbone.
        batches: The images.
        config: Ranges of the changes.
        views: Number of views, at least 1.
        precision: Arithmetic of the backbone.
        sampling: Which images an epoch takes.
        seed_of: Seed of an epoch.
        seed_of_view: Seed of a view's changes, from 0.
        counting: Tells observers of the passes over the images.
        memory_bytes: Features up to this size, of all views together, stay in memory.
    """

    def __init__(
        self,
        network: Network,
        *,
        batches: Batches,
        config: AugmentationConfig,
        views: int,
        precision: Precision,
        sampling: Sampling,
        seed_of: Callable[[int], int],
        seed_of_view: Callable[[int], int],
        counting: Counting,
        memory_bytes: int = MEMORY_BYTES,
    ) -> None:
        self._network = network
        self._batches = batches
        self._config = config
        self._views: list[NDArray[np.float32] | None] = [None] * views
        self._precision: Precision = precision
        self._sampling: Sampling = sampling
        self._seed_of = seed_of
        self._seed_of_view = seed_of_view
        self._counting = counting
        self._memory_bytes = memory_bytes

    @property
    def batches(self) -> Batches:
        """The images of the stage, with the batch size."""
        return self._batches

    def prepare(self, epoch: int) -> None:
        """Computes the features that an epoch takes, unless an earlier one took them."""
        self._features(self._view(epoch))

    def epoch(self, epoch: int) -> LabelledBatches:
        """Yields pooled features, float32 [batch, width], with labels."""
        features = Batches.of_inputs(
            self._features(self._view(epoch)),
            self._batches.labels,
            batch_size=self._batches.batch_size,
            device=self._batches.device,
        )
        generator = torch.Generator().manual_seed(self._seed_of(epoch))
        return features.of_rows(draw_order(features.labels, sampling=self._sampling, generator=generator))

    def classify(self, inputs: Tensor) -> Tensor:
        """Computes the logits of a batch of features."""
        return classify_features(self._network, inputs)

    def _view(self, epoch: int) -> int:
        return (epoch - 1) % len(self._views)

    def _features(self, view: int) -> NDArray[np.float32]:
        found = self._views[view]
        if found is not None:
            return found
        number = f", view {view + 1} of {len(self._views)}" if len(self._views) > 1 else ""
        features = compute_features(
            self._network,
            self._images(view),
            count=len(self._batches.labels),
            precision=self._precision,
            memory_bytes=self._memory_bytes,
            on_batch=self._counting(f"features of the training images{number}", len(self._batches)),
        )
        self._views[view] = features
        self._memory_bytes -= 0 if isinstance(features, np.memmap) else features.nbytes
        return features

    def _images(self, view: int) -> Iterator[Tensor]:
        generator = torch.Generator().manual_seed(self._seed_of_view(view))
        for pixels, _ in self._batches.in_order():
            yield self._network.normalize(augment(pixels, config=self._config, generator=generator))


def feature_forward(
    network: Network, source: Forward, *, precision: Precision, on_batch: Callable[[], None]
) -> Forward:
    """Computes the features of images that are never augmented, and runs the head alone from then on.

    Args:
        network: Network with a frozen backbone.
        source: The images.
        precision: Arithmetic of the backbone.
        on_batch: Called after each batch.
    """
    images = (network.prepare(pixels) for pixels, _ in source.batches.in_order())
    features = compute_features(
        network,
        images,
        count=len(source.batches.labels),
        precision=precision,
        memory_bytes=MEMORY_BYTES,
        on_batch=on_batch,
    )
    batches = Batches.of_inputs(
        features, source.batches.labels, batch_size=source.batches.batch_size, device=source.batches.device
    )
    return Forward(batches=batches, classify=lambda inputs: classify_features(network, inputs))
