import numpy as np
import pytest
import torch
from torch import nn

from medimage.errors import ExportError
from medimage.export.parity import measure_parity
from tests.support.exported import SLOPE, brightness_onnx


class Brightness(nn.Module):
    """The brightness model in PyTorch."""

    def __init__(self, *, slope: float = SLOPE, shift: float = 0.0) -> None:
        super().__init__()
        self.slope = slope
        self.shift = shift

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        brightness = image.float().mean((1, 2)) / 255
        return brightness * torch.tensor([self.slope, 0, -self.slope]) + torch.tensor([0, self.shift, 0])


PIXELS = np.random.default_rng(0).integers(0, 256, (75, 32, 32, 1), dtype=np.uint8)


def test_equal_models_are_equal_on_every_image() -> None:
    parity = measure_parity(brightness_onnx(), Brightness(), PIXELS, 1.0, tolerance=1e-4)
    assert parity.proven
    assert (parity.images, parity.identical_decisions) == (75, 75)
    assert parity.max_difference < 1e-6


def test_read_only_memory_map_is_accepted(tmp_path) -> None:
    np.save(tmp_path / "pixels.npy", PIXELS)
    pixels = np.load(tmp_path / "pixels.npy", mmap_mode="r")
    assert measure_parity(brightness_onnx(), Brightness(), pixels, 1.0, tolerance=1e-4).proven


def test_difference_is_the_largest_of_all_images() -> None:
    pixels = np.zeros((40, 32, 32, 1), np.uint8)
    pixels[-1] = 255  # only here do the slopes matter, and it stands in the last batch
    with pytest.raises(ExportError, match="largest difference") as caught:
        measure_parity(brightness_onnx(slope=3.9), Brightness(), pixels, 1.0, tolerance=1e-4)
    exact = torch.softmax(torch.tensor([4.0, 0, -4]), 0)[0] - torch.softmax(torch.tensor([3.9, 0, -3.9]), 0)[0]
    assert f"{float(exact):.4g}"[:5] in str(caught.value)


def test_another_temperature_is_a_difference() -> None:
    with pytest.raises(ExportError, match="differs from the trained network"):
        measure_parity(brightness_onnx(), Brightness(), PIXELS, 1.1, tolerance=1e-4)


def test_another_decision_is_refused_though_probabilities_are_close() -> None:
    black = np.zeros((3, 32, 32, 1), np.uint8)  # all classes are equal: the first is named, or the shifted second
    with pytest.raises(ExportError, match=r"decides otherwise .* on 3 of 3"):
        measure_parity(brightness_onnx(), Brightness(shift=1e-5), black, 1.0, tolerance=1e-4)


def test_answer_that_is_no_number_is_a_difference() -> None:
    with pytest.raises(ExportError, match="nan"):
        measure_parity(brightness_onnx(slope=float("inf")), Brightness(), PIXELS, 1.0, tolerance=1e-4)


def test_no_image_proves_nothing() -> None:
    with pytest.raises(ExportError, match="no test image"):
        measure_parity(brightness_onnx(), Brightness(), PIXELS[:0], 1.0, tolerance=1e-4)
