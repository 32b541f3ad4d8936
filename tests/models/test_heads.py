import pytest
import torch
from torch import nn

from medimage.errors import ConfigurationError
from medimage.models.heads import build_head


def layers(head: nn.Module) -> list[str]:
    return [type(layer).__name__ for layer in head.children()]


def test_medical_head_has_the_layers_of_the_recipe() -> None:
    head = build_head("medical", features=512, classes=5)
    assert layers(head) == ["LayerNorm", "Dropout", "Linear", "ReLU", "Dropout", "Linear"]
    assert [layer.p for layer in head.modules() if isinstance(layer, nn.Dropout)] == [0.3, 0.25]
    assert [layer.out_features for layer in head.modules() if isinstance(layer, nn.Linear)] == [128, 5]


def test_dense_head_has_the_layers_of_the_recipe() -> None:
    head = build_head("dense", features=512, classes=7)
    assert [layer.p for layer in head.modules() if isinstance(layer, nn.Dropout)] == [0.2, 0.1]
    assert [layer.out_features for layer in head.modules() if isinstance(layer, nn.Linear)] == [256, 128, 7]


@pytest.mark.parametrize("name", ["linear", "medical", "dense"])
def test_heads_give_one_logit_per_class(name: str) -> None:
    assert build_head(name, features=40, classes=3)(torch.zeros(2, 40)).shape == (2, 3)


def test_unknown_head_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(ConfigurationError, match=r"'linear', 'medical', 'dense'.*'transformer'"):
        build_head("transformer", features=8, classes=2)


def test_one_class_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 2 classes but got 1"):
        build_head("linear", features=8, classes=1)
