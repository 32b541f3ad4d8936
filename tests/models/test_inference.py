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


def test_progress_counts_images() -> None:
    seen: list[tuple[int, int]] = []
    network = build_network(specification(), seed=0)
    predict_logits(
        network,
        bright_quarters(5, seed=0).pixels,
        batch_size=2,
        device=CPU,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen == [(2, 5), (4, 5), (5, 5)]


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
