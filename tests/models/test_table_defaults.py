from pathlib import Path

import pytest

from medimage.config.model import ModelConfig
from medimage.config.schedule import ScheduleConfig
from medimage.config.stage import StageConfig
from medimage.errors import ConfigurationError
from medimage.models.architectures import LearningRates, architecture_table
from medimage.models.table_defaults import resolve_learning_rates, resolve_normalization

AUTO = StageConfig(learning_rate="auto", backbone_learning_rate="auto")


def resolved(stage: StageConfig, model: str) -> StageConfig:
    return resolve_learning_rates(stage, model=model, section="training.stage2")


@pytest.mark.parametrize(
    ("model", "frozen", "head", "backbone"),
    [
        ("convnextv2_tiny", 1e-4, 3e-5, 5e-6),  # lung: both stages of its one recipe
        ("tf_efficientnetv2_l", 1e-4, 3e-5, 5e-6),
        ("resnet18", 1e-4, 1e-4, 1e-4),  # brain: one rate for the whole network
        ("resnet50", 1e-3, 1e-3, 1e-3),
        ("efficientnet_b0", 1e-3, 1e-3, 1e-3),
        ("swin_t", 5e-5, 5e-5, 5e-5),
        ("swin_s", 1e-4, 1e-4, 1e-4),
        ("vit_b_16", 1e-4, 1e-4, 1e-4),
        ("medical_cnn", 1e-3, 1e-3, 1e-3),
        ("xception_medical", 1e-3, 1e-3, 1e-3),
        ("ResNet50", 1e-3, 1e-4, 1e-5),  # tb: transfer, and full training
        ("EfficientNetB3", 1e-4, 1e-5, 1e-5),  # skin: its two phases
        ("InceptionV3", 1e-4, 1e-5, 1e-5),
        ("InceptionResNetV2", 1e-4, 1e-5, 1e-5),
    ],
)
def test_table_has_the_learning_rates_of_the_systems(model: str, frozen: float, head: float, backbone: float) -> None:
    assert architecture_table()[model].learning_rates == LearningRates(frozen=frozen, head=head, backbone=backbone)
    assert resolved(AUTO, model).rates == (head, backbone)
    assert resolved(AUTO.model_copy(update={"trainable": "head"}), model).learning_rate == frozen
    assert resolved(AUTO.model_copy(update={"trainable": 2}), model).rates == (head, backbone)


def test_what_a_recipe_names_stays_as_it_is() -> None:
    stage = StageConfig(learning_rate=7e-4)
    assert resolved(stage, "no such model, and none is looked up") is stage
    one = resolved(StageConfig(learning_rate=7e-4, backbone_learning_rate="auto"), "ResNet50")
    assert one.rates == (7e-4, 1e-5)
    other = resolved(StageConfig(learning_rate="auto"), "ResNet50")
    assert other.rates == (1e-4, 1e-4)


def test_rates_that_were_not_looked_up_cannot_be_trained_with() -> None:
    with pytest.raises(ValueError, match="look them up"):
        _ = AUTO.rates


@pytest.mark.parametrize("model", ["test_resnet", "resnet10t"])
def test_network_without_learning_rates_in_the_table_is_refused_with_the_way_out(model: str) -> None:
    with pytest.raises(
        ConfigurationError, match=rf"training\.stage2\.learning_rate is auto .* {model}.*medimage learning-rate"
    ):
        resolved(AUTO, model)


def test_schedule_that_would_raise_the_rates_of_the_table_is_refused() -> None:
    stage = StageConfig(learning_rate="auto", schedule=ScheduleConfig(name="cosine", minimum=5e-5))
    assert resolved(stage, "resnet18").rates == (1e-4, 1e-4)
    with pytest.raises(ConfigurationError, match=r"stage2.*schedule\.minimum is 5e-05, above the learning rate of 3e-"):
        resolved(stage, "convnextv2_tiny")


@pytest.mark.parametrize(
    ("model", "statistics"),
    [
        (ModelConfig(name="convnextv2_tiny", normalization="auto"), "training"),
        (ModelConfig(name="ResNet50", normalization="auto"), "pretrained"),
        (ModelConfig(name="ResNet50"), "training"),
        (ModelConfig(name="resnet10t", normalization="auto"), "training"),
        (ModelConfig(name="resnet18", normalization="pretrained"), "pretrained"),
        (ModelConfig(name="ResNet50", normalization="auto", normalization_file=Path("saved.json")), "training"),
    ],
)
def test_normalization_is_the_configurations_or_the_tables(model: ModelConfig, statistics: str) -> None:
    assert resolve_normalization(model) == statistics
