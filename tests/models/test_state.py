import torch
from torch import nn

from medimage.models.state import copy_state, pack_state, unpack_state


def test_weights_come_back_bit_by_bit_from_any_memory_format() -> None:
    source, target = nn.Conv2d(3, 8, 3).to(memory_format=torch.channels_last), nn.Conv2d(3, 8, 3)
    unpack_state(pack_state(copy_state(source)), into=target)
    assert torch.equal(source.weight, target.weight)
    assert torch.equal(source.bias, target.bias)


def test_copy_does_not_follow_later_training() -> None:
    layer = nn.Linear(2, 2)
    state = copy_state(layer)
    before = state["weight"].clone()
    with torch.no_grad():
        layer.weight.add_(1)
    assert torch.equal(state["weight"], before)
