"""How long one image takes in the exported graph."""

import platform
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from medimage.evaluation.latency import Latency
from medimage.serving.classifier import ImageClassifier, available_cores, threads_per_image

_WARM_UP_IMAGES = 3


def measure_latency(onnx: bytes, encoded_images: Sequence[bytes]) -> Latency:
    """Times an exported graph, one image at a time, from encoded bytes to probabilities.

    The classifier is the one that the service runs, with the same threads. The first images are predicted twice,
    because the first runs also allocate memory.

    Args:
        onnx: The exported graph.
        encoded_images: Encoded images as they would be sent to the service.

    Raises:
        ValueError: If there is no image.
        ImageRefusedError: If an image is not acceptable.
    """
    if not encoded_images:
        raise ValueError("Expected at least one encoded image to time but got none")
    classifier = ImageClassifier(onnx, threads=threads_per_image())
    for image in encoded_images[:_WARM_UP_IMAGES]:
        classifier.predict(image)
    milliseconds = []
    for image in encoded_images:
        started = time.perf_counter()
        classifier.predict(image)
        milliseconds.append((time.perf_counter() - started) * 1000)
    return Latency(
        p50_ms=float(np.percentile(milliseconds, 50)),
        p95_ms=float(np.percentile(milliseconds, 95)),
        images=len(milliseconds),
        machine=describe_machine(),
    )


def describe_machine() -> str:
    """Returns the processor's name and the number of cores this process may use."""
    cores = available_cores()
    return f"{_processor_name()}, {cores} {'core' if cores == 1 else 'cores'}"


def _processor_name() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()
