"""A few real training steps, outside of any stage: to see what they need, or whether they work at all."""

from contextlib import closing
from itertools import islice

import numpy as np
import torch

from medimage.config.stage import StageConfig
from medimage.config.training import TrainingConfig
from medimage.data.labelled_pixels import LabelledPixels
from medimage.models.device import Precision
from medimage.models.network import Network
from medimage.training.augmentation.mixing import Mixing
from medimage.training.inputs.batches import Batches, LabelledBatches
from medimage.training.inputs.training_inputs import AugmentedImages
from medimage.training.learner import Learner
from medimage.training.loop import PassResult, train_epoch
from medimage.training.loss import build_loss

TRIAL_BATCHES = 2
"""The first step makes the optimizer's moments; the second one runs beside them, as all others do."""


def try_steps(
    network: Network,
    data: LabelledPixels,
    *,
    config: StageConfig,
    training: TrainingConfig,
    batch_size: int,
    device: torch.device,
    precision: Precision,
) -> PassResult:
    """Trains a network on the first batches of an epoch.

    Args:
        network: Network to train. It is changed.
        data: Training images, enough for the batches.
        config: Recipe of the stage, with learning rates as numbers.
        training: Recipe of both stages.
        batch_size: Images per batch.
        device: Device to compute on.
        precision: Arithmetic of the forward pass.

    Raises:
        DivergenceError: If the loss or the gradient is not finite.
    """
    learner = Learner(network, config=config, weight_average=training.weight_average, device=device)
    learner.use_precision(precision)
    inputs = AugmentedImages(
        network,
        batches=Batches.of_pixels(data, batch_size=batch_size, device=device),
        config=training.augmentation,
        mixing=Mixing(training.mixing, classes=len(data.classes)) if training.mixing is not None else None,
        sampling=training.sampling,
        seed_of=lambda epoch: epoch,
    )
    network.train()
    loss = build_loss(np.ones(len(data.classes)), label_smoothing=training.label_smoothing).to(device)
    return train_epoch(
        inputs.classify,
        batches=_first(inputs.epoch(1)),
        count=TRIAL_BATCHES,
        loss=loss,
        steps=learner.steps(gradient_clip=training.gradient_clip),
        accumulation=1,
        precision=precision,
        on_batch=lambda: None,
    )


def _first(batches: LabelledBatches) -> LabelledBatches:
    with closing(batches):
        yield from islice(batches, TRIAL_BATCHES)
