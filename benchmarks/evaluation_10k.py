"""10,000 predictions of 7 classes: every metric with its interval within 15 s and 1 GB."""

import multiprocessing
import os
import resource
import statistics
import time
from multiprocessing.connection import Connection

import numpy as np
from scipy.special import softmax

from benchmarks.support.measurement import Measurement
from medimage.config.evaluation import EvaluationConfig
from medimage.evaluation.metrics.judged_images import JudgedImages
from medimage.evaluation.metrics.measurement import measure as measure_metrics

IMAGES = 10_000
CLASSES = tuple("abcdefg")
ROUNDS = 3
_SECONDS = 15.0
_GIGABYTES = 1.0


def measure() -> Measurement:
    """Measures predictions of one to five images a patient, each round in a process of its own.

    The memory is the process's largest, with its libraries. The seconds are judged where it is within 1 GB.
    """
    rounds = [_in_own_process(seed) for seed in range(ROUNDS)]
    seconds, gigabytes = (statistics.median(side) for side in zip(*rounds, strict=True))
    return Measurement(
        name="evaluation_10k",
        measured=seconds if gigabytes <= _GIGABYTES else float("inf"),
        target=_SECONDS,
        unit="s",
        direction="at_most",
        details=(
            f"{IMAGES:,} images, {len(CLASSES)} classes, {EvaluationConfig().bootstrap_resamples:,} resamples",
            f"largest memory of the process: {gigabytes:.2f} GB, at most {_GIGABYTES:g}",
            f"load average: {os.getloadavg()[0]:.1f}",
        ),
    )


def _in_own_process(seed: int) -> tuple[float, float]:
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_measure_once, args=(sender, seed))
    process.start()
    # Without its own end, this process sees that the other one's is gone.
    sender.close()
    try:
        found: tuple[float, float] = receiver.recv()
    except EOFError as error:
        process.join()
        raise RuntimeError(f"the process that measures ended with {process.exitcode}") from error
    process.join()
    return found


def _measure_once(sender: Connection, seed: int) -> None:
    generator = np.random.default_rng(seed)
    sizes = generator.integers(1, 6, IMAGES)
    patients = np.repeat(np.arange(IMAGES), sizes)[:IMAGES]
    labels = generator.integers(0, len(CLASSES), IMAGES)[patients]
    logits = generator.normal(size=(IMAGES, len(CLASSES))) + 3 * np.eye(len(CLASSES))[labels]
    start = time.perf_counter()
    judged = JudgedImages.of(
        probabilities=softmax(logits, axis=1),
        labels=labels,
        groups=tuple(f"patient-{patient}" for patient in patients),
        classes=CLASSES,
        config=EvaluationConfig(),
    )
    measure_metrics(judged, seed=seed)
    seconds = time.perf_counter() - start
    # Linux counts kibibytes.
    sender.send((seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9))
