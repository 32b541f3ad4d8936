"""Training is at least 1.3 times as fast as timm's own training loop on the same folder, model, batch and precision."""

import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import cast

import torch
from timm.data.dataset import ImageDataset
from timm.data.dataset_factory import create_dataset
from timm.data.loader import create_loader
from timm.models import create_model
from timm.optim._optim_factory import create_optimizer_v2
from timm.task.classification import ClassificationTask
from timm.utils.metrics import AverageMeter

from benchmarks.support.measurement import Measurement
from benchmarks.support.private_workspace import private_workspace
from benchmarks.support.training_sides import OurTraining, build_pixels, listed, timed, write_jpegs
from benchmarks.support.turns import in_turns
from medimage.config.augmentation import AugmentationConfig
from medimage.models.device import Precision, mixed_precision
from medimage.training.determinism import reproducible

SIDE = 1024
SIZE = 160
"""Pixels: what `configs/hardware/cpu.yaml` trains at."""
BATCH = 32
IMAGES = 256
ROUNDS = 5
WORKERS = 2
_TARGET = 1.3
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
CHANGES = AugmentationConfig(
    random_resized_crop=(0.08, 1.0), horizontal_flip=0.5, brightness=0.4, contrast=0.4, saturation=0.4
)
"""What timm's script does to training images when it is not told otherwise."""


def measure() -> Measurement:
    """Times epochs of a ResNet18 in turns, from the same JPEGs, in RGB, in the same precision and memory layout.

    timm's script is not part of its package, so its loop stands here, made of timm's own parts in the script's default
    setting: data set, loader with prefetching and workers that live on, random interpolation, task with label
    smoothing, optimizer, meters. It runs without its logging, its validation and its checkpoints. Ours makes the same
    changes to images from the pixel store, which is there from the second epoch on.
    """
    with private_workspace(), tempfile.TemporaryDirectory(prefix="medimage-benchmark-") as folder:
        write_jpegs(Path(folder), count=IMAGES, side=SIDE)
        start = time.perf_counter()
        data = build_pixels(Path(folder), size=SIZE, color_mode="rgb")
        building = time.perf_counter() - start
        ours = OurTraining(data, model="resnet18", batch_size=BATCH, augmentation=CHANGES, device="cpu")
        theirs = TimmLoop(Path(folder), precision=ours.precision)

        def our_epoch_seconds(number: int) -> float:
            with reproducible(0, device=ours.device, deterministic=True):
                return ours.epoch_seconds(number + 1)

        # The first round warms up: timm's workers start, and our store is there.
        seconds = in_turns(lambda _: timed(theirs.epoch), our_epoch_seconds, rounds=ROUNDS, warm_up=1)
    # timm's loader leaves the last images out where they do not fill a batch.
    their_images = len(data) // BATCH * BATCH
    their_rates = [their_images / of_theirs for of_theirs, _ in seconds]
    our_rates = [len(data) / of_ours for _, of_ours in seconds]
    ratios = [mine / other for mine, other in zip(our_rates, their_rates, strict=True)]
    return Measurement(
        name="timm_script",
        measured=statistics.median(ratios),
        target=_TARGET,
        unit="times as fast",
        direction="at_least",
        details=(
            f"{len(data)} JPEGs of {SIDE} px read as RGB, trained at {SIZE} px, resnet18, batches of {BATCH}, "
            f"{ours.precision}, channels last, {ROUNDS} rounds",
            f"timm's loop with {WORKERS} workers: {statistics.median(their_rates):.1f} images/s",
            f"ours: {statistics.median(our_rates):.1f} images/s",
            f"an epoch, from the second on (judged): {listed(ratios)}",
            f"building the store once, in our first epoch: {building:.1f} s",
            f"load average: {os.getloadavg()[0]:.1f}",
        ),
    )


class TimmLoop:
    """One epoch as timm's training script runs it on a CPU, with `--amp --amp-dtype bfloat16 --channels-last`.

    Args:
        folder: Class folders with images.
        precision: Arithmetic of the forward pass.
    """

    def __init__(self, folder: Path, *, precision: Precision) -> None:
        self._device = torch.device("cpu")
        self._precision: Precision = precision
        dataset = create_dataset("", root=str(folder), split="train", is_training=True, batch_size=BATCH)
        self._loader = create_loader(
            cast(ImageDataset, dataset),
            input_size=(3, SIZE, SIZE),
            batch_size=BATCH,
            is_training=True,
            scale=(0.08, 1.0),
            ratio=(3 / 4, 4 / 3),
            hflip=0.5,
            color_jitter=0.4,
            interpolation="random",
            mean=_MEAN,
            std=_STD,
            num_workers=WORKERS,
            device=self._device,
            use_prefetcher=True,
        )
        model = create_model("resnet18", pretrained=False, num_classes=2)
        self._model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._task = ClassificationTask(
            self._model, criterion_kwargs={"smoothing": 0.1}, device=self._device, verbose=False
        )
        self._optimizer = create_optimizer_v2(self._model, opt="adamw", lr=1e-4, weight_decay=0.01)

    def epoch(self) -> float:
        """Trains for one epoch and returns its mean loss."""
        self._task.train()
        losses = AverageMeter()
        self._optimizer.zero_grad()
        for images, labels in self._loader:
            inputs = images.contiguous(memory_format=torch.channels_last)
            with mixed_precision(self._precision, device=self._device):
                result = self._task(inputs, labels)
            result["loss"].backward()
            self._optimizer.step()
            self._optimizer.zero_grad()
            losses.update(result["loss"].item(), images.size(0))
        return losses.avg
