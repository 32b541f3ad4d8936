"""Attention rollout: from which places a vision transformer's answer was gathered, layer by layer.

Abnar and Zuidema (2020), Quantifying Attention Flow in Transformers, ACL.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from medimage.evaluation.explanation.heat_maps import CannotExplainError, HeatMaps, batched
from medimage.evaluation.explanation.places import as_maps, last_features
from medimage.models.network import Network

_BATCH = 4
"""Images at a time: one layer's attention is heads x tokens x tokens for each, 1 GB for four of 1,369 tokens."""

_BLOCKS = (nn.Sequential, nn.ModuleList)


def attention_rollout(network: Network, pixels: NDArray[np.uint8], classes: NDArray[np.int64]) -> HeatMaps:
    """Multiplies what the tokens of every layer attend to; a `HeatMapMethod`.

    The map does not depend on the class: it tells from where the answer was gathered, not what speaks for it.

    Args:
        network: Network in evaluation mode.
        pixels: uint8, shape [images, height, width, channels], with at least one image.
        classes: int64, shape [images]; not used.

    Raises:
        CannotExplainError: If the network is no transformer whose blocks attend from all tokens to all tokens, or
            pools its tokens by something other than a mean of some.
        ValueError: If there is no image.
    """

    def evidence(images: Tensor, _: Tensor) -> tuple[Tensor, str]:
        attention = _attention(network, images)
        rolled = roll_out(attention)
        weights = _pooled_tokens(network, images, tokens=rolled.shape[1])
        gathered = (weights[:, :, None] * rolled).sum(dim=1)
        grid = as_maps(gathered[:, :, None], network.backbone)[:, 0]
        # Every place has some share; only what it has beyond the least one tells it from the others.
        return grid - grid.amin(dim=(1, 2), keepdim=True), f"the attention of {len(attention)} layers"

    return batched(pixels, classes, network=network, size=_BATCH, evidence=evidence)


def roll_out(attention: Sequence[Tensor]) -> Tensor:
    """Returns from which input tokens each output token was gathered.

    Half of each layer is the residual connection, which passes a token on as it is.

    Args:
        attention: Of each layer, the first one first, the mean over its heads: float [images, tokens, tokens], each
            row a mean of tokens.

    Returns:
        Float [images, tokens, tokens]; each row adds up to 1.
    """
    identity = torch.eye(attention[0].shape[1], dtype=attention[0].dtype, device=attention[0].device)
    rolled = identity.expand_as(attention[0])
    for layer in attention:
        rolled = (layer + identity) / 2 @ rolled
    return rolled


def _attention(network: Network, images: Tensor) -> list[Tensor]:
    """Returns the attention of every block, mean over its heads, float32 [images, tokens, tokens]."""
    blocks = getattr(network.backbone, "blocks", None)
    modules = [getattr(block, "attn", None) for block in blocks] if isinstance(blocks, _BLOCKS) else []
    dropouts = [getattr(module, "attn_drop", None) for module in modules]
    if not dropouts or not all(isinstance(dropout, nn.Module) for dropout in dropouts):
        raise CannotExplainError("this network is no vision transformer with attention in each of its blocks")
    found: list[Tensor] = []

    def keep(_: nn.Module, arguments: tuple[Tensor, ...], __: Any) -> None:
        weights = arguments[0]
        if weights.ndim != 4 or len(weights) != len(images) or weights.shape[2] != weights.shape[3]:
            raise CannotExplainError(
                f"its blocks do not attend from all tokens to all tokens: their attention has the shape "
                f"{list(weights.shape)} for {len(images)} images"
            )
        found.append(weights.float().mean(dim=1))

    with _visible_attention(modules), torch.inference_mode():
        handles = [dropout.register_forward_hook(keep) for dropout in dropouts if dropout is not None]
        try:
            network.forward_features(images)
        finally:
            for handle in handles:
                handle.remove()
    if len(found) != len(dropouts) or len({layer.shape for layer in found}) != 1:
        raise CannotExplainError(
            f"its {len(dropouts)} blocks showed attention over {sorted({layer.shape[1] for layer in found})} tokens, "
            f"{len(found)} times"
        )
    if any((layer.sum(dim=2) - 1).abs().max() > 1e-3 for layer in found):
        raise CannotExplainError("its attention is no mean of tokens: rows do not add up to 1")
    return found


@contextmanager
def _visible_attention(modules: Sequence[Any]) -> Iterator[None]:
    """Makes attention modules compute their weights: fused attention never holds them."""
    fused = [(module, module.fused_attn) for module in modules if hasattr(module, "fused_attn")]
    for module, _ in fused:
        module.fused_attn = False
    try:
        yield
    finally:
        for module, value in fused:
            module.fused_attn = value


def _pooled_tokens(network: Network, images: Tensor, *, tokens: int) -> Tensor:
    """Returns the share that each of the last tokens has in the pooled features, float [images, tokens].

    They are told by the gradient, because backbones pool in many ways: the class token, the mean of it and another
    one, the mean of all patches.
    """
    if getattr(network.backbone, "attn_pool", None) is not None:
        raise CannotExplainError("it pools its tokens by attention, not by a mean of some")
    features = last_features(network, images)
    if features.ndim != 3 or features.shape[1] != tokens:
        raise CannotExplainError(f"it ends in features of shape {list(features.shape[1:])}, not in {tokens} tokens")
    with torch.enable_grad():
        pooled = network.pool(features.requires_grad_())
        # Not their sum: behind a layer normalisation that is the same whatever the tokens hold.
        direction = torch.arange(pooled.shape[1], device=pooled.device, dtype=pooled.dtype)
        (gradient,) = torch.autograd.grad((pooled * direction).sum(), features)
    taken = gradient.ne(0).any(dim=2).float()
    return taken / taken.sum(dim=1, keepdim=True)
