"""On a GPU: resident pipeline 0.95 of synthetic, 90 % used, twice a plain loop, compiled 1.3 of eager; all models."""

import os
import statistics
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from benchmarks.plain_loop import PlainLoop
from benchmarks.support.measurement import Measurement, NotMeasuredError
from benchmarks.support.private_workspace import private_workspace
from benchmarks.support.training_sides import OurTraining, build_pixels, listed, noise, timed, write_jpegs
from benchmarks.support.turns import in_turns
from medimage.config.run import RunConfig
from medimage.errors import MedimageError
from medimage.models.architectures import architecture_table, find_architecture
from medimage.models.batch_size import resolve_batch_size
from medimage.models.gpu_memory import gpu_memory_gib
from medimage.training.determinism import reproducible

DEVICE = "cuda"
MODEL = "resnet50"
SIZE = 224
LARGEST_BATCH = 256
SMALLEST_BATCH = 16
GIB_OF_AN_IMAGE = 0.1
"""What the plain loop takes in float32, the larger of the two sides, with a margin."""
BATCHES = 16
ROUNDS = 7
_WARM_UP = 2
"""Rounds in which cuDNN tries its algorithms, and the compiler works."""
SIDE = 1024
IMAGES = 4096
"""Enough for epochs of 16 batches: what it takes to begin one does not count against either side."""
PLAIN_ROUNDS = 3
TABLE_BATCHES = 8
_RATE, _USED, _PLAIN, _COMPILED = 0.95, 0.90, 2.0, 1.3


@dataclass(frozen=True, kw_only=True)
class _Claim:
    text: str
    measured: float
    target: float

    @property
    def holds(self) -> bool:
        return self.measured >= self.target

    def __str__(self) -> str:
        mark = "holds" if self.holds else "does not hold"
        return f"{self.text}: {self.measured:.3f}, at least {self.target:g}: {mark}"


def measure() -> Measurement:
    """Measures four claims on a ResNet50, each with both sides in turns, and the speed of every model of the table.

    The recipe is a run's own on a GPU (bf16, channels last, fused optimizer, pixels held in the GPU's memory and
    changed there), with `deterministic: false`, since the plain loop is not deterministic either. The rate against the
    synthetic step is judged, where the other three claims hold.

    Raises:
        NotMeasuredError: Without a CUDA GPU.
    """
    if not torch.cuda.is_available():
        raise NotMeasuredError("there is no CUDA GPU on this machine")
    batch = batch_size()
    data = noise(batch * BATCHES, size=SIZE, channels=1)
    rate, used, images_per_second = _against_synthetic(lambda: _ours(data))
    claims = [
        _Claim(text="pipeline to synthetic step", measured=rate, target=_RATE),
        _Claim(text="share of the time in which the GPU computes", measured=used, target=_USED),
        _Claim(text="times as fast as a plain fp32 loop", measured=_against_plain_loop(), target=_PLAIN),
        _Claim(text="compiled to eager", measured=_compiled_to_eager(data), target=_COMPILED),
    ]
    others_hold = all(claim.holds for claim in claims[1:])
    properties = torch.cuda.get_device_properties(0)
    return Measurement(
        name="gpu_training",
        measured=rate if others_hold else 0.0,
        target=_RATE,
        unit="of the synthetic rate",
        direction="at_least",
        details=(
            f"{properties.name}, {properties.total_memory / 2**30:.0f} GiB, PyTorch {torch.__version__}, "
            f"CUDA {torch.version.cuda}, {os.cpu_count()} cores",
            f"{MODEL}, {SIZE} px, batches of {batch}: {images_per_second:.0f} images/s",
            *(str(claim) for claim in claims),
            "images/s of every model of the table, eager, at its input size:",
            *_table(),
        ),
    )


def batch_size() -> int:
    """Returns the largest power of two that both sides of every comparison have room for on this GPU."""
    room = int((gpu_memory_gib() or 0.0) / GIB_OF_AN_IMAGE)
    return max(SMALLEST_BATCH, min(LARGEST_BATCH, 2 ** (room.bit_length() - 1) if room else 0))


def _ours(data: Any, **recipe: Any) -> OurTraining:
    return OurTraining(data, model=MODEL, batch_size=batch_size(), device=DEVICE, **recipe)


def _against_synthetic(make: Callable[[], OurTraining]) -> tuple[float, float, float]:
    """Returns the ratio of the rates, the share of time in which the GPU was busy, and images per second."""
    ours = make()
    images, labels = ours.synthetic_batch(batch_size())
    used: list[float] = []

    def epoch_seconds(number: int) -> float:
        with _utilisation() as samples:
            taken = ours.epoch_seconds(number + 1)
        if number >= _WARM_UP:
            used.extend(samples)
        return taken

    with reproducible(0, device=ours.device, deterministic=False):
        measured = in_turns(
            lambda _: ours.synthetic_seconds(images, labels, count=BATCHES),
            epoch_seconds,
            rounds=ROUNDS,
            warm_up=_WARM_UP,
        )
    ratios, seconds = [bare / taken for bare, taken in measured], [taken for _, taken in measured]
    if not used:
        raise NotMeasuredError(f"epochs of {statistics.median(seconds):.2f} s are too short to sample; raise BATCHES")
    return statistics.median(ratios), statistics.fmean(used), batch_size() * BATCHES / statistics.median(seconds)


@contextmanager
def _utilisation() -> Iterator[list[float]]:
    """Samples the share of the time in which a kernel ran on the first GPU, by NVIDIA's own counter."""
    import pynvml  # noqa: PLC0415 (there is nothing to import it for without a GPU)

    pynvml.nvmlInit()
    handle = pynvml.nvmlDeviceGetHandleByIndex(torch.cuda.current_device())
    samples: list[float] = []
    over = threading.Event()

    def sample() -> None:
        # The counter looks back over up to a second, so the first samples may show what was before.
        while not over.wait(0.2):
            samples.append(int(pynvml.nvmlDeviceGetUtilizationRates(handle).gpu) / 100)

    thread = threading.Thread(target=sample, daemon=True)
    thread.start()
    try:
        yield samples
    finally:
        over.set()
        thread.join()
        del samples[: len(samples) // 3]
        pynvml.nvmlShutdown()


def _against_plain_loop() -> float:
    """Times epochs over the same JPEGs in turns: ours from a store that is there, theirs with a worker per core."""
    with private_workspace(), tempfile.TemporaryDirectory(prefix="medimage-benchmark-") as folder:
        write_jpegs(Path(folder), count=IMAGES, side=SIDE)
        ours = _ours(build_pixels(Path(folder), size=SIZE, color_mode="gray"))
        plain = PlainLoop(
            Path(folder),
            device=ours.device,
            size=SIZE,
            batch_size=batch_size(),
            workers=os.cpu_count() or 1,
            model=MODEL,
        )

        def epoch_seconds(number: int) -> float:
            with reproducible(0, device=ours.device, deterministic=False):
                return ours.epoch_seconds(number + 1)

        measured = in_turns(
            lambda _: timed(plain.epoch, device=ours.device), epoch_seconds, rounds=PLAIN_ROUNDS, warm_up=1
        )
    ratios = [theirs / mine for theirs, mine in measured]
    print(f"times as fast as the plain loop: {listed(ratios)}")
    return statistics.median(ratios)


def _compiled_to_eager(data: Any) -> float:
    eager, compiled = _ours(data, compile="off"), _ours(data, compile="on")
    with reproducible(0, device=eager.device, deterministic=False):
        measured = in_turns(
            lambda number: eager.epoch_seconds(number + 1),
            lambda number: compiled.epoch_seconds(number + 1),
            rounds=ROUNDS,
            warm_up=_WARM_UP,
        )
    return statistics.median(slow / fast for slow, fast in measured)


def _table() -> list[str]:
    """Trains every model of the table for a few batches of the size that a run would choose on this GPU."""
    lines = []
    for name in sorted(architecture_table()):
        torch.cuda.empty_cache()
        try:
            lines.append(f"  {name}: {_speed_of(name)}")
        except (MedimageError, torch.OutOfMemoryError) as error:
            lines.append(f"  {name}: {type(error).__name__}: {str(error).splitlines()[0]}")
    return lines


def _speed_of(name: str) -> str:
    architecture = find_architecture(name)
    size = architecture.input_size or SIZE
    config = RunConfig.model_validate({"data": {"source": "synthetic"}, "model": {"name": name}})
    batch = resolve_batch_size(config, architecture, gpu_memory_gib=gpu_memory_gib())
    # Nothing in this configuration asks for one to be found by trying.
    assert batch != "auto"
    images = batch * TABLE_BATCHES
    ours = OurTraining(noise(images, size=size, channels=1), model=name, batch_size=batch, device=DEVICE)
    with reproducible(0, device=ours.device, deterministic=False):
        seconds = [ours.epoch_seconds(epoch) for epoch in (1, 2, 3, 4)][1:]
    return f"{images / statistics.median(seconds):.0f} images/s in batches of {batch} at {size} px"
