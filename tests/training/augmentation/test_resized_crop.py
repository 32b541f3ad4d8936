import pytest
import torch
from scipy.stats import ks_2samp
from torchvision.transforms import v2

from medimage.training.augmentation.resized_crop import draw_crops


def drawn(shares: tuple[float, float] | None, *, images: int = 4000, height: int = 64, width: int = 64):
    return draw_crops(shares, images=images, height=height, width=width, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("shares", [(0.8, 1.0), (0.08, 1.0)])
@pytest.mark.parametrize("name", ["left", "top", "width", "height"])
def test_crops_have_torchvisions_distribution(shares: tuple[float, float], name: str) -> None:
    torch.manual_seed(1)
    transform = v2.RandomResizedCrop(64, scale=shares)
    theirs = [transform.make_params([torch.zeros(1, 64, 64)])[name] for _ in range(4000)]
    assert ks_2samp(getattr(drawn(shares), name).numpy(), theirs).pvalue > 0.001


def test_crops_lie_within_the_image() -> None:
    boxes = drawn((0.05, 1.0), height=40, width=64)
    assert (boxes.left >= 0).all()
    assert (boxes.top >= 0).all()
    assert (boxes.left + boxes.width <= 64).all()
    assert (boxes.top + boxes.height <= 40).all()


def test_centre_is_kept_where_no_shape_fits() -> None:
    # The whole area of a strip has no crop with an aspect ratio of at most 4:3.
    boxes = drawn((1.0, 1.0), height=10, width=100, images=3)
    assert boxes.width.tolist() == [13.0] * 3
    assert boxes.height.tolist() == [10.0] * 3
    assert boxes.left.tolist() == [43.0] * 3


def test_no_crop_keeps_the_whole_image() -> None:
    boxes = drawn(None, height=40, width=64, images=2)
    assert (boxes.left.tolist(), boxes.width.tolist(), boxes.height.tolist()) == ([0, 0], [64, 64], [40, 40])
