"""Classification heads that stand on the pooled features of a backbone."""

from collections.abc import Callable

from torch import nn

from medimage.errors import ConfigurationError


def linear_head(*, features: int, classes: int) -> nn.Sequential:
    """Builds one linear layer: the least that can be learnt, and the usual probe of frozen features.

    Args:
        features: Width of the pooled features.
        classes: Number of classes.
    """
    return nn.Sequential(nn.Linear(features, classes))


def medical_head(*, features: int, classes: int) -> nn.Sequential:
    """Builds the head of the chest X-ray recipe: LayerNorm, dropout and one hidden layer of 128 units.

    The LayerNorm makes the head independent of the scale of the backbone's features, so one learning rate serves
    many backbones.

    Args:
        features: Width of the pooled features.
        classes: Number of classes.
    """
    return nn.Sequential(
        nn.LayerNorm(features),
        nn.Dropout(0.3),
        nn.Linear(features, 128),
        nn.ReLU(),
        nn.Dropout(0.25),
        nn.Linear(128, classes),
    )


def dense_head(*, features: int, classes: int) -> nn.Sequential:
    """Builds the head of the skin lesion recipe: hidden layers of 256 and 128 units with dropout.

    Args:
        features: Width of the pooled features.
        classes: Number of classes.
    """
    return nn.Sequential(
        nn.Linear(features, 256),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Linear(256, 128),
        nn.ReLU(),
        nn.Dropout(0.1),
        nn.Linear(128, classes),
    )


_HEADS: dict[str, Callable[..., nn.Sequential]] = {
    "linear": linear_head,
    "medical": medical_head,
    "dense": dense_head,
}


def build_head(name: str, *, features: int, classes: int) -> nn.Sequential:
    """Builds a head by its name in the configuration.

    Args:
        name: `linear`, `medical` or `dense`.
        features: Width of the pooled features.
        classes: Number of classes, at least 2.

    Returns:
        A module from float [batch, features] to logits [batch, classes].

    Raises:
        ConfigurationError: If there is no head of that name.
        ValueError: If there are fewer than two classes.
    """
    if classes < 2:
        raise ValueError(f"Expected at least 2 classes but got {classes}")
    if name not in _HEADS:
        raise ConfigurationError(f"Expected model.head to be one of {tuple(_HEADS)} but got {name!r}.")
    return _HEADS[name](features=features, classes=classes)
