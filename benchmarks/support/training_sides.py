"""What the benchmarks of training share: images on a disk, and a recipe in training that can be timed in pieces."""

import io
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from medimage.config.augmentation import AugmentationConfig
from medimage.config.model import ModelConfig
from medimage.config.stage import StageConfig
from medimage.config.training import TrainingConfig
from medimage.data.image_record import ImageRecord
from medimage.data.image_table import ImageTable
from medimage.data.labelled_pixels import LabelledPixels
from medimage.data.pixel_store import PixelStore
from medimage.data.statistics import NormalizationStats
from medimage.data.synthetic import generate_phantoms
from medimage.models.build import build_network, specify_network
from medimage.models.device import Precision, mixed_precision, resolve_device, resolve_precision
from medimage.serving.color_mode import ColorMode
from medimage.training.inputs.batches import LabelledBatches
from medimage.training.inputs.stage_inputs import open_training_inputs
from medimage.training.learner import Learner
from medimage.training.loop import PassResult, train_epoch
from medimage.training.loss import build_loss, class_weights

QUALITY = 92
MILD = AugmentationConfig(horizontal_flip=0.5, rotation=10, brightness=0.2, contrast=0.2)
"""The changes of the brain system: flip, rotation, colour jitter."""


def write_jpegs(folder: Path, *, count: int, side: int) -> None:
    """Writes gray JPEGs into two class folders. Every image has its own content, and is as hard to decode as others."""
    phantoms = [
        phantom.pixels
        for phantom in generate_phantoms(patients_per_class=2, images_per_patient=1, image_size=side, seed=3)
    ]
    for number in range(count):
        kind, shift = number % 2, 1 + 37 * (number // len(phantoms))
        moved = np.roll(phantoms[number % len(phantoms)], shift, axis=1)
        buffer = io.BytesIO()
        Image.fromarray(np.asarray(moved)).save(buffer, "JPEG", quality=QUALITY)
        path = folder / "ab"[kind] / f"{number:05d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(buffer.getvalue())


def build_pixels(folder: Path, *, size: int, color_mode: ColorMode) -> LabelledPixels:
    """Builds the pixel store of a folder of class folders, as a run of the pipeline does once."""
    files = sorted(folder.rglob("*.jpg"))
    records = (ImageRecord(name=file.name, encoded=file.read_bytes(), label=file.parent.name) for file in files)
    table = ImageTable.write(records, classes=("a", "b"))
    image_ids = tuple(str(image_id) for image_id in table.records["image_id"])
    store = PixelStore.build(table, image_ids=image_ids, size=size, color_mode=color_mode)
    labels = np.asarray([("a", "b").index(str(label)) for label in table.records["label"]], dtype=np.int64)
    return LabelledPixels(
        image_ids=image_ids, groups=image_ids, pixels=np.array(store.pixels), labels=labels, classes=("a", "b")
    )


def noise(count: int, *, size: int, channels: int) -> LabelledPixels:
    """Returns images of noise: what they show does not matter for how fast they are."""
    names = tuple(str(number) for number in range(count))
    pixels = np.random.default_rng(0).integers(0, 256, (count, size, size, channels), dtype=np.uint8)
    return LabelledPixels(image_ids=names, groups=names, pixels=pixels, labels=np.arange(count) % 2, classes=("a", "b"))


class OurTraining:
    """A recipe in training, epoch by epoch or batch by batch, by the same parts as in a run.

    Args:
        data: Training images.
        model: Name of the network; its weights are random.
        batch_size: Images per batch.
        augmentation: Changes to the images.
        recipe: Further settings of the section `training`; nothing is compiled unless they say so.
    """

    def __init__(
        self,
        data: LabelledPixels,
        *,
        model: str,
        batch_size: int,
        augmentation: AugmentationConfig = MILD,
        **recipe: Any,
    ) -> None:
        size, channels = data.pixels.shape[1], data.pixels.shape[3]
        stats = NormalizationStats(
            mean=(0.4,) * channels, std=(0.25,) * channels, input_size=size, images=len(data), source="training"
        )
        config = ModelConfig(name=model, pretrained=False, head="linear", input_size=size)
        spec = specify_network(config, classes=data.classes, channels=channels, normalization=stats)
        stage = StageConfig(epochs=1000, optimizer="adamw", learning_rate=1e-4, weight_decay=0.01)
        training = TrainingConfig(stage2=stage, augmentation=augmentation, **{"compile": "off", **recipe})
        self.device = resolve_device(training.device)
        self.precision: Precision = resolve_precision(training.precision, device=self.device)
        self.learner = Learner(build_network(spec, seed=0), config=stage, weight_average=None, device=self.device)
        self.learner.use_precision(self.precision)
        weights = class_weights(data.labels, classes=data.classes, setting=training.class_weights)
        self.loss = build_loss(weights, label_smoothing=training.label_smoothing).to(self.device)
        self.inputs = open_training_inputs(
            self.learner.network,
            data,
            stage=2,
            config=stage,
            training=training,
            seed=0,
            batch_size=batch_size,
            device=self.device,
            precision=self.precision,
            counting=lambda _title, _total: _nothing,
        )

    def train(self, batches: LabelledBatches, count: int) -> PassResult:
        """Trains on some batches as an epoch does."""
        self.learner.network.train()
        return train_epoch(
            self.inputs.classify,
            batches=batches,
            count=count,
            loss=self.loss,
            steps=self.learner.steps(gradient_clip=None),
            accumulation=1,
            precision=self.precision,
            on_batch=_nothing,
        )

    def epoch_seconds(self, number: int) -> float:
        """Trains for one epoch, from 1, and returns the seconds it took."""
        return timed(self.train, self.inputs.epoch(number), len(self.inputs.batches), device=self.device)

    def synthetic_seconds(self, images: Tensor, labels: Tensor, *, count: int) -> float:
        """Takes bare steps on one batch that is ready in memory, and returns the seconds they took together."""
        return timed(self.synthetic_steps, images, labels, count, device=self.device)

    def synthetic_steps(self, images: Tensor, labels: Tensor, count: int) -> None:
        """Takes bare steps on one batch: forward, loss, backward, optimizer.

        Args:
            images: Normalised images, float32 [batch, 3, height, width], channels last, on the device.
            labels: int64 [batch], on the device.
            count: Steps.
        """
        network, optimizer = self.learner.network, self.learner.optimizer
        network.train()
        for _ in range(count):
            with mixed_precision(self.precision, device=self.device):
                logits = network.forward_head(network.forward_features(images))
            self.loss(logits, labels).backward()
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)

    def synthetic_batch(self, batch_size: int) -> tuple[Tensor, Tensor]:
        """Returns a batch for `synthetic_seconds`."""
        size = self.learner.network.spec.input_size
        images = torch.randn(batch_size, 3, size, size).contiguous(memory_format=torch.channels_last)
        return images.to(self.device), (torch.arange(batch_size) % 2).to(self.device)


def timed(work: Callable[..., object], *arguments: object, device: torch.device | None = None) -> float:
    """Returns the seconds that work takes, until an accelerator has done it."""
    if device is not None and device.type == "cuda":
        torch.cuda.synchronize(device)
    start = time.perf_counter()
    work(*arguments)
    if device is not None and device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - start


def listed(values: Sequence[float], *, digits: int = 2) -> str:
    """Returns values in words, for the details of a measurement."""
    return ", ".join(f"{value:.{digits}f}" for value in values)


def _nothing() -> None:
    pass
