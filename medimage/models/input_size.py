"""The size a network's images are resized to."""

from medimage.config.model import ModelConfig
from medimage.errors import ConfigurationError
from medimage.models.architectures import find_architecture


def resolve_input_size(model: ModelConfig) -> int:
    """Returns the height and width of the network's input, in pixels.

    The configuration's own value comes first, then the architecture table's, then the size timm's weights were
    trained at. timm, which takes seconds to import, is imported only where the first two give none.

    Args:
        model: Section `model` of the configuration.

    Raises:
        ConfigurationError: If none of them gives a size.
    """
    architecture = find_architecture(model.name)
    size = model.input_size or architecture.input_size
    return _pretrained_size(model.name, architecture.timm_name) if size is None else size


def _pretrained_size(name: str, timm_name: str) -> int:
    from medimage.models.backbone import pretrained_configuration  # noqa: PLC0415 - imports timm

    own = pretrained_configuration(timm_name).get("input_size")
    if own is None:
        raise ConfigurationError(f"timm names no input size for {name}; set model.input_size.")
    return int(own[-1])
