"""Pooled features of a frozen backbone, with batch normalisation folded into the convolutions before it.

In evaluation mode, batch normalisation is a scale and an offset for each channel, which a convolution can hold itself
(Jacob et al., 2018, CVPR, section 3.2): the same values up to rounding, without reading and writing every feature map
once more.
"""

import copy
import logging
from typing import Any, cast

from torch import Tensor, fx, nn
from torch.fx.proxy import TraceError
from torch.nn.utils import fusion

from medimage.models.timm_library import BatchNormAct2d, Conv2dSame

_LOGGER = logging.getLogger(__name__)

# Exactly these: subclasses such as those with standardised weights change the weights on the way.
_CONVOLUTIONS = (nn.Conv2d, Conv2dSame)
_NORMALISATIONS = (nn.BatchNorm2d, BatchNormAct2d)


class PooledFeatures(nn.Module):
    """From normalised images to what the backbone gives its classifier.

    Args:
        backbone: timm model without classifier.
    """

    def __init__(self, backbone: nn.Module) -> None:
        super().__init__()
        self.backbone = backbone

    def forward(self, images: Tensor) -> Tensor:
        """Computes the features of images.

        Args:
            images: Float [batch, 3, height, width], normalised.

        Returns:
            Float [batch, width].
        """
        backbone = cast(Any, self.backbone)
        return backbone.forward_head(backbone.forward_features(images), pre_logits=True)


def folded_features(backbone: nn.Module) -> nn.Module:
    """Returns what computes a backbone's pooled features in evaluation mode, normalisation folded where it can be.

    The backbone is put into evaluation mode and left as it is otherwise. One without batch normalisation, or whose
    computation depends on its input, is used unchanged.

    Args:
        backbone: timm model without classifier, whose weights do not change any more.
    """
    plain = PooledFeatures(backbone).eval()
    if not any(type(module) in _NORMALISATIONS for module in backbone.modules()):
        return plain
    traced_from = copy.deepcopy(plain)
    try:
        graph = _Tracer().trace(traced_from)
    except (TraceError, TypeError, RuntimeError, NotImplementedError) as error:
        _LOGGER.info("Batch normalisation is not folded, so the frozen stage takes longer: %s", error)
        return plain
    return _fold(fx.GraphModule(traced_from, graph))


class _Tracer(fx.Tracer):
    """Sees each convolution and normalisation as one piece, also timm's own kinds."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return type(m) in (*_CONVOLUTIONS, *_NORMALISATIONS) or super().is_leaf_module(m, module_qualified_name)


def _fold(traced: fx.GraphModule) -> fx.GraphModule:
    modules = dict(traced.named_modules())
    calls = [str(node.target) for node in traced.graph.nodes if node.op == "call_module"]
    for node in list(traced.graph.nodes):
        before = node.args[0] if node.args else None
        if node.op != "call_module" or not isinstance(before, fx.Node) or before.op != "call_module":
            continue
        names = str(before.target), str(node.target)
        convolution, normalisation = (modules[name] for name in names)
        # One that is called twice, or whose output others read too, must stay what it is.
        alone = len(before.users) == 1 and all(calls.count(name) == 1 for name in names)
        if not alone or type(convolution) not in _CONVOLUTIONS or type(normalisation) not in _NORMALISATIONS:
            continue
        _take_over(cast(nn.Conv2d, convolution), cast(nn.BatchNorm2d, normalisation))
        traced.set_submodule(names[1], _activation(normalisation))
    traced.recompile()
    return traced


def _take_over(convolution: nn.Conv2d, normalisation: nn.BatchNorm2d) -> None:
    convolution.weight, convolution.bias = fusion.fuse_conv_bn_weights(
        convolution.weight,
        convolution.bias,
        cast(Tensor, normalisation.running_mean),
        cast(Tensor, normalisation.running_var),
        normalisation.eps,
        normalisation.weight,
        normalisation.bias,
    )


def _activation(normalisation: nn.Module) -> nn.Module:
    """Returns what is left of a normalisation: timm's own holds an activation as well."""
    return cast(nn.Module, normalisation.act) if isinstance(normalisation, BatchNormAct2d) else nn.Identity()
