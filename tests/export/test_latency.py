import pytest

from medimage.export.latency import describe_machine, measure_latency
from medimage.serving.classifier import available_cores
from medimage.serving.preprocessing import ImageRefusedError
from tests.support.exported import brightness_onnx
from tests.support.images import encode, textured


def test_every_image_is_timed() -> None:
    latency = measure_latency(brightness_onnx(), [encode(textured(seed)) for seed in range(12)])
    assert latency.images == 12
    assert 0 < latency.p50_ms <= latency.p95_ms


def test_machine_is_described_in_words() -> None:
    assert describe_machine().endswith(f", {available_cores()} cores" if available_cores() > 1 else ", 1 core")
    assert len(describe_machine().split(",")[0]) > 2


def test_no_image_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        measure_latency(brightness_onnx(), [])


def test_bad_image_is_refused() -> None:
    with pytest.raises(ImageRefusedError):
        measure_latency(brightness_onnx(), [b"no image"])
