"""Starting from pretrained weights: of timm's hub, or of a file."""

import sys
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from medimage.config.model import ModelConfig
from medimage.errors import WeightsError
from medimage.models.architectures import find_architecture
from medimage.models.backbone import backbone_arguments, create_backbone, pretrained_configuration
from medimage.models.hub import fetch, find_hub_weights, require_reachable
from medimage.models.input_size import resolve_input_size
from medimage.models.key_mismatch import describe_mismatch
from medimage.models.network import Network
from medimage.models.timm_library import timm


def check_weights_available(model: ModelConfig) -> None:
    """Makes sure that a network can start as configured; meant to be called before any work on data.

    A file is read and compared with the architecture. The hub is asked whether it has the weights, and gets a few
    seconds to answer; nothing is fetched.

    Args:
        model: Section `model` of the configuration.

    Raises:
        WeightsError: If the weights are missing, damaged, out of reach or of another architecture.
        ConfigurationError: If the architecture is unknown or cannot take images of the configured size.
    """
    timm_name = find_architecture(model.name).timm_name
    if model.weights is not None:
        # On the meta device tensors have shapes and no values, so even large models are built at once.
        with torch.device("meta"):
            backbone = create_backbone(timm_name, input_size=resolve_input_size(model), options=model.options)
        _read_backbone_state(model.weights, timm_name=timm_name, backbone=backbone)
    elif model.pretrained:
        require_reachable(find_hub_weights(timm_name))


def load_pretrained_weights(network: Network, model: ModelConfig) -> None:
    """Loads pretrained weights into a network's backbone; its head stays as it is.

    Does nothing where the configuration asks for random weights.

    Args:
        network: Network to load into.
        model: Section `model` of the configuration that the network was built from.

    Raises:
        WeightsError: If the weights are missing, damaged, out of reach or of another architecture.
    """
    timm_name = network.spec.timm_name
    if model.weights is not None:
        state = _read_backbone_state(model.weights, timm_name=timm_name, backbone=network.backbone)
        # Not strict only for the counters of BatchNorm that older files lack; the comparison was strict otherwise.
        network.backbone.load_state_dict(state, strict=False)
    elif model.pretrained:
        weights = find_hub_weights(timm_name)
        file = fetch(weights)
        arguments = backbone_arguments(timm_name, input_size=network.spec.input_size, options=network.spec.options)
        try:
            # timm's own loader converts foreign layouts and resizes position embeddings.
            donor = timm.create_model(
                timm_name, pretrained=True, pretrained_cfg_overlay={"file": str(file)}, **arguments
            )
        except (OSError, RuntimeError, SafetensorError, KeyError, ValueError) as error:
            raise WeightsError(
                f"The pretrained weights {weights.repository} in {file} cannot be loaded: {error}. "
                "Delete that file so that it is fetched again, or set model.weights or model.pretrained: false."
            ) from error
        network.backbone.load_state_dict(donor.state_dict(), strict=True)


def _read_backbone_state(file: Path, *, timm_name: str, backbone: nn.Module) -> dict[str, Tensor]:
    state = _without_classifier(_read_safetensors(file), timm_name=timm_name)
    expected = backbone.state_dict()
    mismatch = describe_mismatch(expected=expected, found=state)
    if mismatch is not None:
        adapted = _adapt(state, backbone=backbone)
        if adapted is not None and describe_mismatch(expected=expected, found=adapted) is None:
            state, mismatch = adapted, None
    if mismatch is not None:
        raise WeightsError(
            f"The weights in {file} do not belong to {timm_name}. Compared with what it needs: {mismatch} "
            "Set model.weights to a file of this architecture, or model.name to the architecture of the file."
        )
    damaged = [key for key, value in state.items() if value.is_floating_point() and not value.isfinite().all()]
    if damaged:
        raise WeightsError(
            f"The weights in {file} hold NaN or infinity in {len(damaged)} tensors, first in {damaged[0]}. "
            "The file is damaged; set model.weights to another one."
        )
    return state


def _read_safetensors(file: Path) -> dict[str, Tensor]:
    if not file.is_file():
        what = "is a folder" if file.is_dir() else "does not exist"
        raise WeightsError(f"The file of model.weights, {file}, {what}; give the path of a safetensors file.")
    try:
        return safetensors.torch.load_file(file)
    except (SafetensorError, OSError) as error:
        raise WeightsError(
            f"The file of model.weights, {file} ({file.stat().st_size:,} bytes), cannot be read as safetensors: "
            f"{error}. It is truncated or of another kind; a PyTorch checkpoint (.pth, .bin) must be converted first."
        ) from error


def _without_classifier(state: dict[str, Tensor], *, timm_name: str) -> dict[str, Tensor]:
    classifier: str | tuple[str, ...] = pretrained_configuration(timm_name).get("classifier") or ()
    names = (classifier,) if isinstance(classifier, str) else tuple(classifier)
    dropped = {f"{name}.{kind}" for name in names for kind in ("weight", "bias")}
    return {key: value for key, value in state.items() if key not in dropped}


def _adapt(state: dict[str, Tensor], *, backbone: nn.Module) -> dict[str, Tensor] | None:
    """Lets timm rename keys of the authors' own files and resize position embeddings, where it knows how."""
    convert: Any = getattr(sys.modules[type(backbone).__module__], "checkpoint_filter_fn", None)
    if convert is None:
        return None
    try:
        return convert(dict(state), backbone)
    except (RuntimeError, KeyError, ValueError, IndexError, AttributeError, TypeError):
        # The converters assume their own architecture. Weights of another one are refused with the list of keys,
        # which says more than why the conversion failed.
        return None
