"""How long one image takes, from encoded bytes to probabilities."""

import platform
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from medimage.config.data import ColorMode
from medimage.evaluation.latency import Latency
from medimage.models.network import Network

WARM_UP_IMAGES = 5
"""Images run before timing starts: the first ones pay for memory and for the choice of kernels."""


class DecodeImage(Protocol):
    """Decodes one encoded image."""

    def __call__(self, data: bytes, *, color_mode: ColorMode) -> NDArray[np.uint8]:
        """Returns uint8 [height, width, channels]."""
        ...


class ResizeImage(Protocol):
    """Resizes one decoded image."""

    def __call__(self, pixels: NDArray[np.uint8], *, size: int) -> NDArray[np.uint8]:
        """Returns uint8 [size, size, channels]."""
        ...


def measure_latency(network: Network, encoded: Sequence[bytes], *, decode: DecodeImage, resize: ResizeImage) -> Latency:
    """Times single images through decoding, resizing, the network and softmax, on the network's device.

    Args:
        network: Network, on the device to measure.
        encoded: Images as a client would send them. Each is timed once.
        decode: Decodes an image to the network's colour mode.
        resize: Resizes an image to the network's input size.

    Raises:
        ValueError: If there is no image.
    """
    if not encoded:
        raise ValueError("Expected at least one image to time but got none")
    device = next(network.parameters()).device
    color_mode: ColorMode = "gray" if network.spec.channels == 1 else "rgb"

    def classify(data: bytes) -> NDArray[np.float32]:
        pixels = resize(decode(data, color_mode=color_mode), size=network.spec.input_size)
        batch = torch.from_numpy(np.array(pixels)[np.newaxis]).to(device)
        # Copying the result to the CPU waits for an accelerator, so the clock stops when the answer is there.
        return network(batch).softmax(dim=1).cpu().numpy()

    was_training = network.training
    network.eval()
    milliseconds: list[float] = []
    try:
        with torch.inference_mode():
            for index in range(WARM_UP_IMAGES):
                classify(encoded[index % len(encoded)])
            for data in encoded:
                start = time.perf_counter()
                classify(data)
                milliseconds.append((time.perf_counter() - start) * 1000)
    finally:
        network.train(was_training)
    return Latency(
        p50_ms=float(np.percentile(milliseconds, 50)),
        p95_ms=float(np.percentile(milliseconds, 95)),
        images=len(milliseconds),
        machine=_describe_machine(device),
    )


def _describe_machine(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{_processor_name()}, {torch.get_num_threads()} threads, {device.type}"


def _processor_name() -> str:
    information = Path("/proc/cpuinfo")
    if information.is_file():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
