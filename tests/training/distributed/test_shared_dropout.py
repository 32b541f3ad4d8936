import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from timm.layers.drop import DropPath
from torch import Tensor, nn

from medimage.training.distributed.processes import Processes
from medimage.training.distributed.shared_dropout import SharedDropout

IMAGES = 7
SHAPES = {"features": (IMAGES, 5), "tokens": (IMAGES, 4, 6), "maps": (IMAGES, 3, 4, 4)}


def in_shares(module: nn.Module, values: Tensor, *, count: int) -> Tensor:
    """Returns what several processes, whose generators are alike, make of a batch together."""
    parts = []
    for rank in range(count):
        share = Processes(rank=rank, count=count).share(len(values))
        torch.manual_seed(3)
        with SharedDropout(share):
            parts.append(module(module(values[share.rows])))
    return torch.cat(parts)


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize(
    "module",
    [nn.Dropout(0.3), nn.Dropout(0.3, inplace=True), DropPath(0.4), nn.Dropout(0.0), nn.Dropout(1.0)],
    ids=["dropout", "in place", "drop path", "none", "all"],
)
def test_shares_are_dropped_from_as_the_whole_batch_is(
    count: int, shape: str, channels_last: bool, module: nn.Module
) -> None:
    values = torch.rand(SHAPES[shape])
    if channels_last and values.ndim == 4:
        values = values.contiguous(memory_format=torch.channels_last)
    torch.manual_seed(3)
    expected = module(module(values.clone()))
    assert torch.equal(in_shares(module, values.clone(), count=count), expected)


def test_nothing_is_dropped_in_evaluation_mode() -> None:
    values = torch.rand(IMAGES, 5)
    assert torch.equal(in_shares(nn.Dropout(0.5).eval(), values, count=2), values)


def test_gradients_are_dropped_as_values_are() -> None:
    values = torch.ones(IMAGES, 50, requires_grad=True)
    share = Processes(rank=1, count=2).share(IMAGES)
    with SharedDropout(share):
        dropped = nn.functional.dropout(values[share.rows], 0.5)
    dropped.sum().backward()
    assert values.grad is not None
    assert torch.equal(values.grad[share.rows], dropped.detach())
    assert set(dropped.unique().tolist()) == {0.0, 2.0}


@given(images=st.integers(1, 40), count=st.integers(1, 8))
def test_every_image_counts_once(images: int, count: int) -> None:
    shares = [Processes(rank=rank, count=count).share(images) for rank in range(count)]
    rows = [row for share in shares if share.counted for row in range(images)[share.rows]]
    assert rows == list(range(images))
    # BatchNorm needs two.
    assert all(len(range(images)[share.rows]) == len(share) >= min(2, images) for share in shares)
    sizes = [len(share) for share in shares if share.counted]
    assert max(sizes) - min(sizes) <= 1
