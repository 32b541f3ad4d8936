from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from medimage.models.build import build_network
from medimage.models.inference import predict_logits
from tests.support.training import bright_quarters, specification

CPU = torch.device("cpu")


def test_logits_do_not_depend_on_the_batch_size() -> None:
    network = build_network(specification(head="medical"), seed=0)
    pixels = bright_quarters(11, seed=0).pixels
    together = predict_logits(network, pixels, batch_size=11, device=CPU)
    assert (together.shape, together.dtype) == ((11, 3), np.float32)
    np.testing.assert_allclose(predict_logits(network, pixels, batch_size=4, device=CPU), together, atol=1e-5)


def test_network_is_evaluated_and_left_in_its_mode() -> None:
    network = build_network(specification(head="medical"), seed=0).train()
    pixels = bright_quarters(4, seed=0).pixels
    first, second = (predict_logits(network, pixels, batch_size=2, device=CPU) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert network.training


def test_memory_mapped_pixels_are_read(tmp_path: Path) -> None:
    pixels = bright_quarters(5, seed=0).pixels
    np.save(tmp_path / "pixels.npy", pixels)
    mapped = np.load(tmp_path / "pixels.npy", mmap_mode="r")
    network = build_network(specification(), seed=0)
    np.testing.assert_array_equal(
        predict_logits(network, mapped, batch_size=2, device=CPU),
        predict_logits(network, pixels, batch_size=2, device=CPU),
    )


def test_progress_is_shown_to_a_person(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    network = build_network(specification(), seed=0)
    predict_logits(network, bright_quarters(5, seed=0).pixels, batch_size=2, device=CPU, description="Predicting test")
    assert "Predicting test" in capsys.readouterr().err


@pytest.fixture
def tf32_allowed() -> Iterator[None]:
    matmul = torch.backends.cuda.matmul
    before = matmul.fp32_precision
    matmul.fp32_precision = "tf32"
    yield
    matmul.fp32_precision = before


@pytest.mark.usefixtures("tf32_allowed")
def test_fp32_does_not_mean_tf32_and_settings_are_given_back() -> None:
    network = build_network(specification(), seed=0)
    seen: list[tuple[str, str]] = []

    def settings() -> tuple[str, str]:
        return torch.backends.cuda.matmul.fp32_precision, torch.backends.cudnn.conv.fp32_precision

    network.register_forward_pre_hook(lambda *_: seen.append(settings()))
    before = settings()
    predict_logits(network, bright_quarters(2, seed=0).pixels, batch_size=2, device=CPU)
    assert seen == [("ieee", "ieee")]
    assert settings() == before
    assert before[0] == "tf32"


@pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no NVIDIA GPU")
def test_a_gpu_gives_the_logits_of_the_cpu() -> None:
    network = build_network(specification("resnet18", size=64), seed=0)
    pixels = bright_quarters(8, seed=0, size=64).pixels
    there, here = (predict_logits(network, pixels, batch_size=8, device=torch.device(name)) for name in ("cuda", "cpu"))
    np.testing.assert_allclose(there, here, rtol=1e-4, atol=1e-4)


def test_no_images_give_no_logits() -> None:
    network = build_network(specification(), seed=0)
    assert predict_logits(network, np.zeros((0, 32, 32, 1), np.uint8), batch_size=2, device=CPU).shape == (0, 3)


@pytest.mark.parametrize(
    "pixels",
    [np.zeros((2, 32, 32, 3), np.uint8), np.zeros((2, 16, 16, 1), np.uint8), np.zeros((2, 32, 32, 1), np.float32)],
)
def test_pixels_of_another_shape_or_type_are_refused(pixels: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"Expected uint8 pixels \[images, 32, 32, 1\]"):
        predict_logits(build_network(specification(), seed=0), pixels, batch_size=2, device=CPU)
