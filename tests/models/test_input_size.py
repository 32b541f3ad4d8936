from medimage.config.model import ModelConfig
from medimage.models.input_size import resolve_input_size


def test_the_configuration_comes_first() -> None:
    assert resolve_input_size(ModelConfig(name="tf_efficientnetv2_s", input_size=160)) == 160


def test_the_architecture_table_comes_before_timm() -> None:
    assert resolve_input_size(ModelConfig(name="tf_efficientnetv2_s")) == 288


def test_timms_own_size_is_the_last_resort() -> None:
    assert resolve_input_size(ModelConfig(name="test_resnet")) == 160
