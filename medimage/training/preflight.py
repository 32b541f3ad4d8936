"""Whether a network and a recipe fit each other, found out before any work on data."""

import torch

from medimage.config.model import ModelConfig
from medimage.config.training import TrainingConfig
from medimage.models.architectures import find_architecture
from medimage.models.backbone import create_backbone, measure_feature_width
from medimage.models.input_size import resolve_input_size
from medimage.training.freezing import last_blocks


def require_fitting(model: ModelConfig, training: TrainingConfig) -> None:
    """Builds the backbone without values, and looks for the blocks that are to be trained.

    Args:
        model: Section `model` of the configuration.
        training: Section `training`.

    Raises:
        ConfigurationError: If the network cannot be built with its options, cannot take images of the input size, or
            has fewer blocks than a stage is to train.
    """
    timm_name, size = find_architecture(model.name).timm_name, resolve_input_size(model)
    # On the meta device tensors have shapes and no values, so even large models are built at once.
    with torch.device("meta"):
        backbone = create_backbone(timm_name, input_size=size, options=model.options)
        measure_feature_width(backbone, timm_name=timm_name, input_size=size)
    for number in training.trained_stages:
        trainable = training.stage(number).trainable
        if isinstance(trainable, int):
            last_blocks(backbone, trainable, name=timm_name, setting=f"training.stage{number}.trainable")
