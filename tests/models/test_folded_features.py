from typing import Any

import pytest
import torch
from torch import Tensor, nn

from medimage.models.backbone import create_backbone
from medimage.models.folded_features import PooledFeatures, folded_features

SIZE = 64


def trained_like(timm_name: str, **options: Any) -> nn.Module:
    """Returns a backbone whose normalisation does something, in double precision, so that rounding hides no mistake."""
    torch.manual_seed(0)
    return settled(create_backbone(timm_name, input_size=SIZE, options=options))


def settled(backbone: nn.Module) -> nn.Module:
    for module in backbone.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean, 0, 0.1)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
            nn.init.uniform_(module.weight, 0.3, 0.7)
            nn.init.normal_(module.bias, 0, 0.1)
    return backbone.double().eval()


def difference(backbone: nn.Module) -> float:
    images = torch.randn(2, 3, SIZE, SIZE, dtype=torch.float64)
    with torch.no_grad():
        plain, folded = PooledFeatures(backbone)(images), folded_features(backbone)(images)
    assert plain.std() > 1e-4
    return float((plain - folded).abs().max() / plain.abs().max())


def normalisations(module: nn.Module) -> int:
    return sum(isinstance(each, nn.BatchNorm2d) for each in module.modules())


@pytest.mark.parametrize(
    "timm_name",
    ["resnet18", "mobilenetv2_100", "tf_efficientnetv2_b0", "regnety_004", "densenet121", "legacy_xception"],
)
def test_features_stay_the_same_when_normalisation_is_folded(timm_name: str) -> None:
    backbone = trained_like(timm_name)
    assert difference(backbone) < 1e-12
    assert normalisations(folded_features(backbone)) < normalisations(backbone)


def test_no_normalisation_is_left_where_each_follows_a_convolution() -> None:
    assert normalisations(folded_features(trained_like("mobilenetv2_100"))) == 0


def test_the_backbone_stays_as_it_is() -> None:
    backbone = trained_like("resnet10t")
    before = {name: value.clone() for name, value in backbone.state_dict().items()}
    folded_features(backbone)
    after = backbone.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(value, after[name]) for name, value in before.items())


@pytest.mark.parametrize("timm_name", ["vit_tiny_patch16_224", "convnext_atto"])
def test_a_backbone_without_batch_normalisation_is_used_as_it_is(timm_name: str) -> None:
    backbone = create_backbone(timm_name, input_size=SIZE, options={}).eval()
    found = folded_features(backbone)
    assert isinstance(found, PooledFeatures)
    assert found.backbone is backbone


class Backbone(nn.Module):
    """Two convolutions and one normalisation, joined by each test's subclass."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 3, 3, padding=1)
        self.second = nn.Conv2d(3, 3, 3, padding=1)
        self.norm = nn.BatchNorm2d(3)

    def forward_head(self, features: Tensor, *, pre_logits: bool) -> Tensor:
        assert pre_logits
        return features.mean((2, 3))


class Standardised(nn.Conv2d):
    def forward(self, input: Tensor) -> Tensor:  # noqa: A002
        return self._conv_forward(input, self.weight - self.weight.mean(), self.bias)


class StandardisedWeights(Backbone):
    def __init__(self) -> None:
        super().__init__()
        self.first = Standardised(3, 3, 3, padding=1)

    def forward_features(self, images: Tensor) -> Tensor:
        return self.norm(self.first(images))


class ReadTwice(Backbone):
    def forward_features(self, images: Tensor) -> Tensor:
        found = self.first(images)
        return self.norm(found) + found


class CalledTwice(Backbone):
    def forward_features(self, images: Tensor) -> Tensor:
        return self.norm(self.first(images)) + self.norm(self.second(images)) * self.first(images * 2)


class NormalisedTwice(Backbone):
    def forward_features(self, images: Tensor) -> Tensor:
        return self.second(self.norm(self.norm(self.first(images))))


class DependsOnItsInput(Backbone):
    def forward_features(self, images: Tensor) -> Tensor:
        found = self.norm(self.first(images))
        return found if images.mean() > 0 else self.second(found)


@pytest.mark.parametrize("kind", [StandardisedWeights, ReadTwice, CalledTwice, NormalisedTwice, DependsOnItsInput])
def test_what_cannot_be_folded_is_left_as_it_is(kind: type[Backbone]) -> None:
    torch.manual_seed(1)
    backbone = settled(kind())
    assert difference(backbone) < 1e-12
    assert normalisations(folded_features(backbone)) == 1
