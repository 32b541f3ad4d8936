"""What `auto` stands for in a recipe: the architecture table's entry for the network."""

from pydantic import ValidationError

from medimage.config.model import ModelConfig, Statistics
from medimage.config.stage import StageConfig
from medimage.errors import ConfigurationError
from medimage.models.architectures import find_architecture


def resolve_normalization(model: ModelConfig) -> Statistics:
    """Returns which mean and standard deviation images are normalised with.

    Args:
        model: Section `model` of the configuration. A file of saved statistics holds those of training images.

    Raises:
        ConfigurationError: If the architecture is unknown.
    """
    if model.normalization != "auto":
        return model.normalization
    return "training" if model.normalization_file is not None else find_architecture(model.name).normalization


def resolve_learning_rates(stage: StageConfig, *, model: str, section: str) -> StageConfig:
    """Returns a stage with numbers in place of `auto`.

    Args:
        stage: Recipe of the stage.
        model: Section `model.name` of the configuration.
        section: Full name of the stage's section, for messages.

    Raises:
        ConfigurationError: If the table has no learning rates for the network, or the schedule does not go down from
            them.
    """
    given = {"learning_rate": stage.learning_rate, "backbone_learning_rate": stage.backbone_learning_rate}
    asked = [name for name, rate in given.items() if rate == "auto"]
    if not asked:
        return stage
    table = find_architecture(model).learning_rates
    if table is None:
        raise ConfigurationError(
            f"{section}.{asked[0]} is auto but the architecture table has no learning rates for {model}. Set a number; "
            "medimage learning-rate measures one."
        )
    of_table = {
        "learning_rate": table.frozen if stage.trainable == "head" else table.head,
        "backbone_learning_rate": table.backbone,
    }
    try:
        return StageConfig.model_validate({**stage.model_dump(), **{name: of_table[name] for name in asked}})
    except ValidationError as error:
        reason = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise ConfigurationError(f"{section}, with the learning rates of the table: {reason}") from error
