"""Which learning rate to train with: one sweep from far too small to far too large.

L. N. Smith, Cyclical Learning Rates for Training Neural Networks, 2017, section 3.3, over the range that fastai takes.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Final

import numpy as np
from torch import Tensor

from medimage.config.stage import StageConfig
from medimage.config.training import TrainingConfig
from medimage.data.labelled_pixels import LabelledPixels
from medimage.models.device import mixed_precision
from medimage.models.network import Network
from medimage.models.state import copy_state
from medimage.training.divergence import DivergenceError
from medimage.training.finders.learning_rate_sweep import Sweep, has_diverged
from medimage.training.inputs.batches import LabelledBatches
from medimage.training.inputs.stage_inputs import open_training_inputs
from medimage.training.inputs.training_inputs import TrainingInputs
from medimage.training.learner import Learner
from medimage.training.loss import build_loss, class_weights, target_weight
from medimage.training.seeds import seed_dropout
from medimage.training.stage_setting import StageSetting

LOWEST: Final = 1e-7
HIGHEST: Final = 10.0
STEPS: Final = 100
"""Eight powers of ten in a hundred steps."""


def sweep_learning_rates(
    network: Network,
    data: LabelledPixels,
    *,
    config: StageConfig,
    training: TrainingConfig,
    setting: StageSetting,
    on_step: Callable[[], object],
) -> Sweep:
    """Trains with a learning rate that grows from step to step, until the loss diverges, and undoes the training.

    Head and backbone keep the ratio that the recipe gives their learning rates.

    Args:
        network: Network; left with the weights, in the mode and with the frozen parts that it came with.
        data: Training images, taken anew where there are fewer batches than steps.
        config: Recipe of the stage, with learning rates as numbers.
        training: Recipe of both stages.
        setting: Where and in which batches to compute.
        on_step: Called after each step.

    Raises:
        TrainingError: If the loss diverges from the start.
    """
    weights = class_weights(data.labels, classes=data.classes, setting=training.class_weights)
    loss = build_loss(weights, label_smoothing=training.label_smoothing).to(setting.device)
    rates, losses = np.geomspace(LOWEST, HIGHEST, STEPS), np.empty(0)
    with _undone(network):
        learner = Learner(network, config=config, weight_average=None, device=setting.device)
        learner.use_precision(setting.precision)
        inputs = _open_inputs(network, data, config=config, training=training, setting=setting)
        groups = learner.optimizer.param_groups
        ratios = [float(group["lr"]) / float(groups[0]["lr"]) for group in groups]
        steps = learner.steps(gradient_clip=training.gradient_clip)
        with closing(_endless(inputs, network=network, setting=setting)) as batches:
            for rate, (images, targets) in zip(rates, batches, strict=False):
                for group, ratio in zip(groups, ratios, strict=True):
                    group["lr"] = float(rate) * ratio
                with mixed_precision(setting.precision, device=images.device):
                    logits = inputs.classify(images)
                batch_loss = loss(logits, targets)
                losses = np.append(losses, float(batch_loss.detach()))
                if has_diverged(losses):
                    break
                steps.add(batch_loss, weight=target_weight(targets, class_weights=loss.weight), gathered=1)
                try:
                    steps.take(f"step {len(losses)}")
                    steps.require_finite(f"step {len(losses)}")
                except DivergenceError:
                    break
                on_step()
    finite = losses[np.isfinite(losses)]
    return Sweep(learning_rates=rates[: len(finite)], losses=finite, diverged=len(losses) < STEPS)


def _open_inputs(
    network: Network,
    data: LabelledPixels,
    *,
    config: StageConfig,
    training: TrainingConfig,
    setting: StageSetting,
) -> TrainingInputs:
    return open_training_inputs(
        network,
        data,
        stage=setting.stage,
        config=config,
        # Compiling takes longer than all steps of a sweep.
        training=training.model_copy(update={"compile": "off"}),
        seed=setting.seed,
        batch_size=setting.batch_size,
        device=setting.device,
        precision=setting.precision,
        counting=lambda _title, _total: lambda: None,
    )


def _endless(inputs: TrainingInputs, *, network: Network, setting: StageSetting) -> LabelledBatches:
    epoch = 0
    while True:
        epoch += 1
        inputs.prepare(epoch)
        # What prepares features of a frozen backbone leaves the network in evaluation mode.
        network.train()
        seed_dropout(setting.seed, stage=setting.stage, epoch=epoch)
        with closing(inputs.epoch(epoch)) as batches:
            yield from batches


@contextmanager
def _undone(network: Network) -> Iterator[None]:
    """Gives a network back its weights, its mode and what of it was frozen."""
    state: dict[str, Tensor] = copy_state(network)
    training, device = network.training, network.pixel_scale.device
    trained = {name: parameter.requires_grad for name, parameter in network.named_parameters()}
    try:
        yield
    finally:
        network.load_state_dict(state)
        for name, parameter in network.named_parameters():
            parameter.requires_grad_(trained[name])
            parameter.grad = None
        network.to(device).train(training)
