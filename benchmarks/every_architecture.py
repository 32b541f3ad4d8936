"""Every model of the table trains at its own input size, frozen in any way, and nothing that is frozen moves."""

import time

import torch
from torch import nn

from benchmarks.support.measurement import Measurement
from benchmarks.support.training_sides import noise
from medimage.config.model import ModelConfig
from medimage.config.stage import StageConfig
from medimage.config.training import TrainingConfig
from medimage.data.labelled_pixels import LabelledPixels
from medimage.data.statistics import NormalizationStats
from medimage.models.architectures import Architecture, architecture_table
from medimage.models.build import build_network, specify_network
from medimage.models.device import resolve_device, resolve_precision
from medimage.models.network import Network
from medimage.models.state import copy_state
from medimage.training.finders.trial import TRIAL_BATCHES, try_steps
from medimage.training.freezing import backbone_blocks

IMAGES = 2
"""Images per batch: as few as BatchNorm can be trained on."""


def measure() -> Measurement:
    """Trains every model in batches of two images: all of it, its last block, half of its blocks, and its head."""
    failed, lines = 0, []
    for name, architecture in architecture_table().items():
        started = time.perf_counter()
        wrong = _what_is_wrong(architecture)
        failed += bool(wrong)
        lines.append(f"{name}, {architecture.input_size} px: {wrong or 'fine'}, {time.perf_counter() - started:.0f} s")
        print(lines[-1], flush=True)
    return Measurement(
        name="every_architecture",
        measured=1 - failed / len(architecture_table()),
        target=1.0,
        unit="of the models",
        direction="at_least",
        details=tuple(lines),
    )


def _what_is_wrong(architecture: Architecture) -> str:
    size = architecture.input_size or 224
    statistics = NormalizationStats(mean=(0.5,), std=(0.25,), input_size=size, images=1, source="training")
    data = noise(IMAGES * TRIAL_BATCHES, size=size, channels=1)
    spec = specify_network(
        ModelConfig(name=architecture.name), classes=data.classes, channels=1, normalization=statistics
    )
    network = build_network(spec, seed=0)
    blocks = len(backbone_blocks(network.backbone, name=spec.timm_name))
    for trainable in ("head", 1, blocks // 2, "all"):
        before = copy_state(network)
        config = StageConfig.model_validate({"trainable": trainable, "learning_rate": 1e-2, "optimizer": "sgd"})
        result = _train(network, data, config=config)
        moved = {key for key, value in copy_state(network).items() if not torch.equal(value, before[key])}
        astray = moved - _may_move(network)
        if not torch.isfinite(torch.tensor(result)) or astray or not moved:
            return f"trainable {trainable}: loss {result}, {len(moved)} entries moved, astray {sorted(astray)[:3]}"
    network.eval()
    with torch.no_grad():
        images = network.prepare(torch.from_numpy(data.pixels[:IMAGES]).to(network.pixel_scale.device))
        features = network.pool(network.forward_features(images))
    return "" if features.ndim == 2 else f"features of shape {list(features.shape)}"


def _train(network: Network, data: LabelledPixels, *, config: StageConfig) -> float:
    device = resolve_device("auto")
    return try_steps(
        network,
        data,
        config=config,
        training=TrainingConfig(gradient_clip=1.0),
        batch_size=IMAGES,
        device=device,
        precision=resolve_precision("auto", device=device),
    ).loss


def _may_move(network: Network) -> set[str]:
    """Returns what a step may change: trained parameters, and statistics of normalisations that are trained."""
    trained = {name for name, parameter in network.named_parameters() if parameter.requires_grad}
    statistics = {
        f"{name}.{buffer}"
        for name, module in network.named_modules()
        if isinstance(module, nn.modules.batchnorm._BatchNorm) and {f"{name}.weight", f"{name}.bias"} & trained
        for buffer, _ in module.named_buffers(recurse=False)
    }
    return trained | statistics
