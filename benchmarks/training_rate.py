"""Training from stored pixels reaches 0.95 of the rate of the same step on tensors that are ready in memory."""

import os
import statistics

from benchmarks.support.measurement import Measurement
from benchmarks.support.training_sides import OurTraining, listed, noise
from benchmarks.support.turns import in_turns
from medimage.training.determinism import reproducible

SIZE = 224
BATCH = 32
ROUNDS = 12
BATCHES = 8
CASES = {"gray": 1, "rgb": 3}
_TARGET = 0.95


def measure() -> Measurement:
    """Times steps of a ResNet18 in turns: some batches of an epoch, and as many bare steps on one ready batch.

    Ours gathers uint8 pixels, flips, turns and recolours them, normalises, steps, and adds up loss and accuracy. The
    other side has float tensors in the layout the network wants, and does nothing but forward, backward and optimizer.
    Both have the same weights, precision and number of images. The lower of the two kinds of images is judged.
    """
    results = {name: _ratios(channels) for name, channels in CASES.items()}
    lines = [
        f"{name}: {statistics.median(ratios):.3f}, the median of {listed(ratios, digits=3)}; {rate:.0f} images/s"
        for name, (ratios, rate) in results.items()
    ]
    return Measurement(
        name="training_rate",
        measured=min(statistics.median(ratios) for ratios, _ in results.values()),
        target=_TARGET,
        unit="of the synthetic rate",
        direction="at_least",
        details=(
            f"resnet18, {SIZE} px, batches of {BATCH}, {ROUNDS} rounds of {BATCHES} batches a side",
            *lines,
            f"load average: {os.getloadavg()[0]:.1f}",
        ),
    )


def _ratios(channels: int) -> tuple[list[float], float]:
    data = noise(BATCH * BATCHES, size=SIZE, channels=channels)
    ours = OurTraining(data, model="resnet18", batch_size=BATCH, device="cpu")
    images, labels = ours.synthetic_batch(BATCH)

    with reproducible(0, device=ours.device, deterministic=True):
        seconds = in_turns(
            lambda _: ours.synthetic_seconds(images, labels, count=BATCHES),
            lambda number: ours.epoch_seconds(number + 1),
            rounds=ROUNDS,
            warm_up=1,
        )
    ratios = [bare / taken for bare, taken in seconds]
    return ratios, BATCH * BATCHES / statistics.median(taken for _, taken in seconds)
