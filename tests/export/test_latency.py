import pytest

from medimage.export.latency import time_graph
from medimage.machine import processor_name
from medimage.serving.classifier import threads_per_image
from medimage.serving.preprocessing import ImageRefusedError
from tests.support.exported import brightness_onnx
from tests.support.images import encode, textured


def test_every_image_is_timed() -> None:
    latency = time_graph(brightness_onnx(), [encode(textured(seed)) for seed in range(12)])
    assert latency.images == 12
    assert 0 < latency.p50_ms <= latency.p95_ms


def test_machine_is_described_in_words() -> None:
    threads = f"{threads_per_image()} threads" if threads_per_image() > 1 else "1 thread"
    assert time_graph(brightness_onnx(), [encode(textured(0))]).machine == f"{processor_name()}, {threads}"


def test_no_image_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        time_graph(brightness_onnx(), [])


def test_bad_image_is_refused() -> None:
    with pytest.raises(ImageRefusedError):
        time_graph(brightness_onnx(), [b"no image"])
