"""timm backbones without their classifier."""

from typing import Any, cast

import torch
from torch import Tensor, nn

from medimage.errors import ConfigurationError
from medimage.models.timm_library import timm

# What PyTorch and timm raise for a shape that does not fit or an argument they do not know.
_MISFIT_ERRORS = (
    RuntimeError,
    AssertionError,
    AttributeError,
    TypeError,
    ValueError,
    ZeroDivisionError,
    IndexError,
    KeyError,
)


def pretrained_configuration(timm_name: str) -> dict[str, Any]:
    """Returns timm's record of a model's pretrained weights: input size, statistics, classifier, origin.

    Returns:
        The record; empty where timm has none.
    """
    configuration = timm.get_pretrained_cfg(timm_name)
    return {} if configuration is None else configuration.to_dict()


def backbone_arguments(timm_name: str, *, input_size: int, options: dict[str, Any]) -> dict[str, Any]:
    """Returns the arguments of `timm.create_model` for a backbone without classifier.

    Args:
        timm_name: timm's name of the model.
        input_size: Height and width of the images, in pixels.
        options: Further arguments from the configuration; they win.
    """
    # Position embeddings and attention windows are laid out for one size, so these models must be told it.
    sized = {"img_size": input_size} if pretrained_configuration(timm_name).get("fixed_input_size") else {}
    return {"num_classes": 0, "in_chans": 3, **sized, **options}


def create_backbone(timm_name: str, *, input_size: int, options: dict[str, Any]) -> nn.Module:
    """Creates a timm model without classifier, with random weights.

    Args:
        timm_name: timm's name of the model.
        input_size: Height and width of the images, in pixels.
        options: Further arguments of `timm.create_model` from the configuration.

    Raises:
        ConfigurationError: If timm does not know the name or an option, or cannot build for this size.
    """
    if not timm.is_model(timm_name):
        raise ConfigurationError(f"timm has no model {timm_name!r}; check model.name.")
    arguments = backbone_arguments(timm_name, input_size=input_size, options=options)
    try:
        return timm.create_model(timm_name, pretrained=False, **arguments)
    except _MISFIT_ERRORS as error:
        raise ConfigurationError(
            f"timm cannot build {timm_name} for images of {input_size} x {input_size} pixels with model.options "
            f"{options}: {_reason(error)}. Change model.options or model.input_size; its own is {_own_size(timm_name)}."
        ) from error


def measure_feature_width(backbone: nn.Module, *, timm_name: str, input_size: int) -> int:
    """Returns the width of the pooled features, by sending one black image through.

    timm's attributes (`num_features`, `head_hidden_size`) differ between families; what comes out does not lie.

    Args:
        backbone: timm model without classifier.
        timm_name: timm's name of the model, for messages.
        input_size: Height and width of the images, in pixels.

    Raises:
        ConfigurationError: If the model cannot take images of this size.
    """
    _refuse_cut_patches(backbone, timm_name=timm_name, input_size=input_size)
    model = cast(Any, backbone)
    was_training = backbone.training
    backbone.eval()
    device = next(backbone.parameters()).device
    try:
        with torch.no_grad():
            features = model.forward_features(torch.zeros(1, 3, input_size, input_size, device=device))
            pooled: Tensor = model.forward_head(features, pre_logits=True)
    except _MISFIT_ERRORS as error:
        raise ConfigurationError(
            f"{timm_name} cannot take images of {input_size} x {input_size} pixels: {_reason(error)}. "
            f"Set model.input_size to a size it can take (its own is {_own_size(timm_name)}), or check model.options."
        ) from error
    backbone.train(was_training)
    if pooled.ndim != 2:
        raise ConfigurationError(
            f"{timm_name} gives pooled features of shape {list(pooled.shape)} but a head needs [images, width]; "
            "take global_pool out of model.options or choose another model.name."
        )
    return pooled.shape[1]


def _refuse_cut_patches(backbone: nn.Module, *, timm_name: str, input_size: int) -> None:
    """Refuses sizes at which a vision transformer would silently not look at the last rows and columns."""
    embedding = getattr(backbone, "patch_embed", None)
    patch = getattr(embedding, "patch_size", None)
    if patch is None or getattr(embedding, "dynamic_img_pad", False):
        return
    side = int(patch[0]) if isinstance(patch, tuple | list) else int(patch)
    rest = input_size % side
    if rest:
        raise ConfigurationError(
            f"{timm_name} cannot take images of {input_size} x {input_size} pixels: it looks at patches of {side} "
            f"pixels and would ignore the last {rest} rows and columns. Set model.input_size to a multiple of {side}; "
            f"its own is {_own_size(timm_name)}."
        )


def _reason(error: Exception) -> str:
    text = str(error).strip()
    return text.splitlines()[0].rstrip(".") if text else type(error).__name__


def _own_size(timm_name: str) -> str:
    size = pretrained_configuration(timm_name).get("input_size")
    return "unknown" if size is None else f"{size[-1]} pixels"
