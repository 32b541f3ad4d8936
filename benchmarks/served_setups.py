"""The service is set up as answers most: no other number of threads or processes answers 10 % more at 8 connections."""

import contextlib
import itertools
import os
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.support.http_load import Answered, load_process
from benchmarks.support.measurement import Measurement
from benchmarks.support.served_model import ServedModel, packaged_model
from benchmarks.support.served_side import ask
from benchmarks.support.server_process import Server, served_bento
from medimage.serving.classifier import ImageClassifier
from medimage.serving.cores import available_cores
from medimage.serving.preprocessing import prepare_image

ROUNDS = 6
CONNECTIONS = 8
REQUESTS = 160
_ALONE = 40
_BATCHES = (1, 4, 8)
_TARGET = 0.9


@dataclass(frozen=True, kw_only=True)
class Setup:
    """One way to run the service.

    Attributes:
        threads: Threads that work on one image; None for the default.
        images: Images that a process works on at a time; None for the default.
        workers: Processes.
    """

    threads: int | None = None
    images: int | None = None
    workers: int = 1

    @property
    def settings(self) -> dict[str, str]:
        """What differs from the default."""
        given = {"threads_per_image": self.threads, "images_at_a_time": self.images}
        return {name: str(value) for name, value in given.items() if value is not None}

    def __str__(self) -> str:
        if self == Setup():
            return "as it is"
        processes = "1 process" if self.workers == 1 else f"{self.workers} processes"
        return f"{processes}, {self.images} images at a time, {self.threads} threads an image"


def setups(cores: int) -> tuple[Setup, ...]:
    """Returns the default and its alternatives."""
    one_process = [Setup(threads=threads, images=images) for threads in (1, cores) for images in (cores, cores + 1)]
    return (Setup(), *one_process, Setup(threads=1, images=1, workers=cores), Setup(threads=1, images=2, workers=cores))


def measure() -> Measurement:
    """Asks the same ResNet18 at 224 px, served in several ways, on 8 connections and on one, in turns."""
    with TemporaryDirectory(prefix="medimage-benchmark-") as folder, load_process() as asking:
        model = packaged_model(Path(folder) / "bentoml")
        ways = setups(available_cores())
        with contextlib.ExitStack() as running:
            servers = {way: running.enter_context(_served(model, way, Path(folder))) for way in ways}
            together, alone = _ask_in_turns(asking, servers, model)
    rates = {way: [each.rate for each in answers] for way, answers in together.items()}
    ratios = {way: [mine / other for mine, other in zip(rates[ways[0]], rates[way], strict=True)] for way in ways[1:]}
    batched = _rates_of_batches(model)
    lowest = min(statistics.median(values) for values in ratios.values())
    return Measurement(
        name="served_setups",
        measured=lowest,
        target=_TARGET,
        unit="of the answers of the best other way",
        direction="at_least",
        details=(
            f"resnet18, 224 px, {ROUNDS} rounds of {REQUESTS} requests on {CONNECTIONS} connections, {_ALONE} on 1",
            *(
                f"{way}: {statistics.median(rates[way]):.1f} images/s, p50 of one connection "
                f"{statistics.median(each.quantile_ms(0.5) for each in alone[way]):.1f} ms, p99 of {CONNECTIONS} is "
                f"{statistics.median(each.quantile_ms(0.99) / each.quantile_ms(0.5) for each in together[way]):.2f} x "
                "their p50"
                for way in ways
            ),
            "the graph alone, in batches of "
            + ", ".join(f"{size}: {rate:.1f} images/s" for size, rate in batched.items()),
            f"load average: {os.getloadavg()[0]:.1f}",
        ),
    )


def _rates_of_batches(model: ServedModel) -> dict[int, float]:
    """Returns images in a second by size of batch, with all cores at one batch: what waiting for others could gain."""
    classifier = ImageClassifier(model.onnx, threads=available_cores())
    size = classifier.metadata.input_size
    pixels = np.stack([prepare_image(file, color_mode="gray", size=size) for file in model.images])
    seconds: dict[int, list[float]] = {count: [] for count in _BATCHES}
    for _ in range(ROUNDS):
        for count in _BATCHES:
            begun = time.perf_counter()
            for start in range(0, len(pixels), count):
                classifier.logits(pixels[start : start + count])
            seconds[count].append(time.perf_counter() - begun)
    return {count: len(pixels) / statistics.median(values) for count, values in seconds.items()}


@contextlib.contextmanager
def _served(model: ServedModel, way: Setup, folder: Path) -> Iterator[Server]:
    number = next(_NUMBERS)
    log = str(folder / f"log-{number}")
    with served_bento(
        model.bento, folder / f"server-{number}", workers=way.workers, prediction_log=log, **way.settings
    ) as server:
        yield server


def _ask_in_turns(
    asking: ProcessPoolExecutor, servers: dict[Setup, Server], model: ServedModel
) -> tuple[dict[Setup, list[Answered]], dict[Setup, list[Answered]]]:
    together: dict[Setup, list[Answered]] = {way: [] for way in servers}
    alone: dict[Setup, list[Answered]] = {way: [] for way in servers}
    for server in servers.values():
        ask(asking, server, model.images, requests=2 * CONNECTIONS, connections=CONNECTIONS)
    for _ in range(ROUNDS):
        for way, server in servers.items():
            together[way].append(ask(asking, server, model.images, requests=REQUESTS, connections=CONNECTIONS))
            alone[way].append(ask(asking, server, model.images, requests=_ALONE, connections=1))
    return together, alone


_NUMBERS = itertools.count()
