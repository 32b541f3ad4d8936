import pytest
import torch

from medimage.errors import ConfigurationError
from medimage.models.backbone import create_backbone, measure_feature_width


def test_width_is_that_of_the_pooled_features_not_of_the_feature_map() -> None:
    backbone = create_backbone("mobilenetv3_small_050", input_size=64, options={})
    assert backbone.num_features == 288
    assert measure_feature_width(backbone, timm_name="mobilenetv3_small_050", input_size=64) == 1024


@pytest.mark.parametrize("size", [64, 160])
def test_networks_of_fixed_size_are_built_for_the_size_asked_for(size: int) -> None:
    with torch.device("meta"):
        backbone = create_backbone("vit_base_patch16_224", input_size=size, options={})
        assert measure_feature_width(backbone, timm_name="vit_base_patch16_224", input_size=size) == 768


@pytest.mark.parametrize(("name", "size", "own"), [("inception_v3", 48, 299), ("vit_base_patch16_224", 100, 224)])
def test_size_a_network_cannot_take_is_refused_with_its_own_size(name: str, size: int, own: int) -> None:
    with torch.device("meta"):
        backbone = create_backbone(name, input_size=size, options={})
        with pytest.raises(
            ConfigurationError, match=rf"{size} x {size} pixels.*model\.input_size.*own is {own} pixels"
        ):
            measure_feature_width(backbone, timm_name=name, input_size=size)


def test_unknown_option_is_refused_with_its_name() -> None:
    with pytest.raises(ConfigurationError, match=r"model\.options .*dorp_rate"):
        create_backbone("test_resnet", input_size=32, options={"dorp_rate": 0.1})


def test_option_reaches_the_backbone() -> None:
    backbone = create_backbone("test_resnet", input_size=32, options={"drop_rate": 0.25})
    assert backbone.drop_rate == 0.25


def test_backbone_without_pooling_is_refused() -> None:
    backbone = create_backbone("test_resnet", input_size=32, options={"global_pool": ""})
    with pytest.raises(ConfigurationError, match="global_pool"):
        measure_feature_width(backbone, timm_name="test_resnet", input_size=32)


def test_unknown_model_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no model 'resnet19'"):
        create_backbone("resnet19", input_size=32, options={})
