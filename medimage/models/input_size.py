"""The size a network's images are resized to."""

from medimage.config.model import ModelConfig
from medimage.errors import ConfigurationError
from medimage.models.architectures import find_architecture
from medimage.models.backbone import pretrained_configuration


def resolve_input_size(model: ModelConfig) -> int:
    """Returns the height and width of the network's input, in pixels.

    The configuration's own value comes first, then the architecture table's, then the size timm's weights were
    trained at.

    Args:
        model: Section `model` of the configuration.

    Raises:
        ConfigurationError: If none of them gives a size.
    """
    architecture = find_architecture(model.name)
    own = pretrained_configuration(architecture.timm_name).get("input_size")
    size = model.input_size or architecture.input_size or (own[-1] if own else None)
    if size is None:
        raise ConfigurationError(f"timm names no input size for {model.name}; set model.input_size.")
    return int(size)
