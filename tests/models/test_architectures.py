import subprocess
import sys

import pytest
import timm

from medimage.errors import ConfigurationError
from medimage.models.architectures import Architecture, architecture_table, find_architecture

NAMES_OF_THE_SYSTEMS = {
    "convnextv2_tiny": 224,
    "convnextv2_base": 224,
    "tf_efficientnetv2_s": 288,
    "tf_efficientnetv2_m": 320,
    "tf_efficientnetv2_l": 384,
    "regnety_004": 224,
    "regnety_006": 224,
    "regnety_040": 224,
    "regnety_080": 224,
    "vit_large": 224,
    "resnet18": 224,
    "resnet50": 224,
    "efficientnet_b0": 224,
    "swin_t": 224,
    "swin_s": 224,
    "vit_b_16": 224,
    "medical_cnn": 224,
    "xception_medical": 299,
    "EfficientNetB3": 224,
    "InceptionV3": 299,
    "InceptionResNetV2": 299,
    "ResNet50": 224,
}
BRAIN_BATCHES = {
    "resnet18": 128,
    "resnet50": 64,
    "efficientnet_b0": 128,
    "swin_t": 32,
    "swin_s": 8,
    "vit_b_16": 16,
    "medical_cnn": 64,
    "xception_medical": 16,
}


def test_table_has_every_model_of_the_systems_at_its_input_size():
    table = {name: row.input_size for name, row in architecture_table().items()}
    assert NAMES_OF_THE_SYSTEMS.items() <= table.items()


@pytest.mark.parametrize("name", NAMES_OF_THE_SYSTEMS)
def test_every_row_stands_for_a_timm_model_with_weights(name):
    row = find_architecture(name)
    assert timm.is_model(row.timm_name)
    assert timm.list_pretrained(f"{row.timm_name}.*")


@pytest.mark.parametrize("name", NAMES_OF_THE_SYSTEMS)
def test_networks_of_a_fixed_input_size_stand_with_that_size(name):
    row = find_architecture(name)
    pretrained = timm.get_pretrained_cfg(row.timm_name)
    assert pretrained is not None
    assert not pretrained.fixed_input_size or row.input_size == pretrained.input_size[1]


@pytest.mark.parametrize("name", BRAIN_BATCHES)
def test_brain_rows_have_the_documented_batches_for_4_gib(name):
    row = find_architecture(name)
    assert dict(row.batch_sizes)[4] == row.batch_size == BRAIN_BATCHES[name]


@pytest.mark.parametrize(
    ("name", "input_size"),
    [("resnet10t", 176), ("mobilenetv3_small_050", 224), ("test_resnet", 160), ("mobilenetv2_100", 224)],
)
def test_any_timm_model_is_found_by_its_name(name, input_size):
    assert find_architecture(name) == Architecture(name=name, timm_name=name, input_size=input_size)


def test_a_timm_name_may_name_its_weights():
    assert find_architecture("resnet18.a1_in1k").timm_name == "resnet18.a1_in1k"


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("EfficentNetB3", "EfficientNetB3"),
        ("Resnet-50", "ResNet50"),
        ("mobilenetv2-100", "mobilenetv2_100"),
        ("convnextv2_tny", "convnextv2_tiny"),
        ("resnet18.a1_in2k", "resnet18.a1_in1k"),
    ],
)
def test_unknown_name_is_refused_with_the_nearest(name, nearest):
    with pytest.raises(ConfigurationError, match=nearest) as caught:
        find_architecture(name)
    assert repr(name.partition(".")[0]) in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("name", ["", " ", "zzzzzz", "../resnet18", "resnet18."])
def test_nonsense_is_refused(name):
    with pytest.raises(ConfigurationError, match=r"model\.name"):
        find_architecture(name)


@pytest.mark.parametrize(
    "wrong",
    [
        {"input_size": 8},
        {"batch_sizes": ((4, 1),)},
        {"batch_sizes": ((0, 8),)},
        {"batch_sizes": ((8, 16), (4, 8))},
    ],
)
def test_impossible_rows_cannot_be_built(wrong):
    with pytest.raises(ValueError, match="Expected"):
        Architecture(**{"name": "x", "timm_name": "x", "input_size": 224, **wrong})


def test_names_of_the_table_are_found_without_importing_timm():
    code = (
        "import sys; from medimage.models.architectures import find_architecture\n"
        "find_architecture('resnet18'); print('timm' in sys.modules or 'torch' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"
