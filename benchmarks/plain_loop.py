"""Training is at least 2.5 times as fast as a plain fp32 loop with DataLoader and transforms, on JPEGs of 1024 px."""

import os
import statistics
import tempfile
import time
from pathlib import Path

import timm
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder
from torchvision.transforms import v2

from benchmarks.support.measurement import Measurement
from benchmarks.support.private_workspace import private_workspace
from benchmarks.support.training_sides import OurTraining, build_pixels, listed, timed, write_jpegs
from benchmarks.support.turns import in_turns
from medimage.training.determinism import reproducible

SIDE = 1024
SIZE = 160
"""Pixels: what `configs/hardware/cpu.yaml` trains at."""
BATCH = 32
IMAGES = 256
ROUNDS = 5
EPOCHS = 15
WORKERS = 2
_TARGET = 2.5


def measure() -> Measurement:
    """Times epochs of a ResNet18 in turns, from the same files.

    The plain loop is what the five systems do: an `ImageFolder` whose images are opened, converted to RGB, resized,
    flipped, turned, recoloured and normalised one by one by two worker processes, then a step in float32. Ours reads
    the files once, when the pixel store is built, which a run does before the first epoch and never again; with the
    same changes, in one channel, and in bf16 where the processor computes in it. What is judged is an epoch after the
    store is there; whole trainings with its building are printed beside it.
    """
    with private_workspace(), tempfile.TemporaryDirectory(prefix="medimage-benchmark-") as folder:
        write_jpegs(Path(folder), count=IMAGES, side=SIDE)
        start = time.perf_counter()
        data = build_pixels(Path(folder), size=SIZE, color_mode="gray")
        building = time.perf_counter() - start
        ours = OurTraining(data, model="resnet18", batch_size=BATCH, device="cpu")
        plain = PlainLoop(Path(folder), device=torch.device("cpu"), size=SIZE, batch_size=BATCH)

        def our_epoch_seconds(number: int) -> float:
            # The setting of a run, which the plain loop does not have.
            with reproducible(0, device=ours.device, deterministic=True):
                return ours.epoch_seconds(number + 1)

        # The first round warms up: workers start, and our store is there.
        seconds = in_turns(lambda _: timed(plain.epoch), our_epoch_seconds, rounds=ROUNDS, warm_up=1)
    ratios = [theirs / mine for theirs, mine in seconds]
    plain_epoch, our_epoch = (statistics.median(side) for side in zip(*seconds, strict=True))
    whole = {epochs: epochs * plain_epoch / (building + epochs * our_epoch) for epochs in (1, EPOCHS)}
    return Measurement(
        name="plain_loop",
        measured=statistics.median(ratios),
        target=_TARGET,
        unit="times as fast",
        direction="at_least",
        details=(
            f"{len(data)} gray JPEGs of {SIDE} px, trained at {SIZE} px, resnet18, batches of {BATCH}, {ROUNDS} rounds",
            f"plain loop with {WORKERS} workers: {len(data) / plain_epoch:.1f} images/s",
            f"ours in {ours.precision}: {len(data) / our_epoch:.1f} images/s",
            f"an epoch, from the second on (judged): {listed(ratios)}",
            f"building the store once: {building:.1f} s; with it, {EPOCHS} epochs are {whole[EPOCHS]:.2f} times as "
            f"fast, and one epoch alone {whole[1]:.2f} times",
            f"load average: {os.getloadavg()[0]:.1f}",
        ),
    )


class PlainLoop:
    """A training loop as tutorials write it.

    Args:
        folder: Class folders with images.
        device: Device to train on.
        size: Height and width to train at, in pixels.
        batch_size: Images per batch.
        workers: Worker processes.
        model: timm's name of the network.
    """

    def __init__(
        self,
        folder: Path,
        *,
        device: torch.device,
        size: int,
        batch_size: int,
        workers: int = WORKERS,
        model: str = "resnet18",
    ) -> None:
        transform = v2.Compose(
            [
                v2.Resize((size, size)),
                v2.RandomHorizontalFlip(),
                v2.RandomRotation([-10, 10], interpolation=v2.InterpolationMode.BILINEAR),
                v2.ColorJitter(brightness=0.2, contrast=0.2),
                v2.ToImage(),
                v2.ToDtype(torch.float32, scale=True),
                v2.Normalize([0.4] * 3, [0.25] * 3),
            ]
        )
        self._loader = DataLoader(
            ImageFolder(str(folder), transform),
            batch_size=batch_size,
            shuffle=True,
            num_workers=workers,
            persistent_workers=True,
            pin_memory=device.type == "cuda",
        )
        self._device = device
        self._model = timm.create_model(model, num_classes=2).to(device)
        self._optimizer = torch.optim.AdamW(self._model.parameters(), lr=1e-4, weight_decay=0.01)
        self._loss = nn.CrossEntropyLoss(label_smoothing=0.1)

    def epoch(self) -> float:
        """Trains for one epoch and returns the share of images classified correctly."""
        self._model.train()
        correct, images, total = 0, 0, 0.0
        for batch, batch_labels in self._loader:
            inputs, labels = batch.to(self._device), batch_labels.to(self._device)
            self._optimizer.zero_grad()
            logits = self._model(inputs)
            loss = self._loss(logits, labels)
            loss.backward()
            self._optimizer.step()
            total += loss.item()
            correct += int((logits.argmax(1) == labels).sum().item())
            images += len(labels)
        return correct / images
