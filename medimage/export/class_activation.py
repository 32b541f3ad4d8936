"""Grad-CAM as a graph that needs no automatic differentiation: forward and backward are traced together."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.fx.experimental.proxy_tensor import make_fx
from torch.nn.attention import SDPBackend, sdpa_kernel

from medimage.evaluation.explanation.grad_cam import weighed_by_gradient
from medimage.evaluation.explanation.heat_maps import FeaturesWithoutPlacesError, enlarged
from medimage.evaluation.explanation.places import LAST_FEATURES, as_maps, located_gradient
from medimage.models.network import Network
from medimage.serving.graph_outputs import ActivationMap

# Of the largest value of a map before it is scaled; more than rounding is another map.
_TOLERANCE = 1e-3

_State = dict[str, Tensor]
_VectorJacobianProduct = tuple[Tensor, Callable[[Tensor], tuple[Tensor]]]


class ClassActivation:
    """Maps what speaks for a class in one image, as `grad_cam` does, from features that were worked out before.

    Those are the last features before pooling, or, where the network answers from its class token alone, the tokens
    that go into its last block.

    Attributes:
        made: How maps are made.
    """

    def __init__(self, network: Network) -> None:
        """Traces the way from the features to the logits, and back.

        Args:
            network: Network in evaluation mode; left as it is.

        Raises:
            FeaturesWithoutPlacesError: If its features cannot be laid out over the image, or the traced way gives
                another map than `grad_cam`.
        """
        size, device = network.spec.input_size, next(network.parameters()).device
        noise = np.random.default_rng(0).integers(0, 256, (1, size, size, network.spec.channels), dtype=np.uint8)
        images = network.prepare(torch.from_numpy(noise).to(device))
        chosen = torch.zeros(1, dtype=torch.int64, device=device)
        with torch.enable_grad():
            located = located_gradient(network, images, chosen)
        expected = weighed_by_gradient(located.features, located.gradient)
        self._watched = None if located.layer == LAST_FEATURES else _last_block(network)
        self._size = size
        with torch.no_grad():
            with self.watching() as seen:
                features = network.forward_features(images)
            first = seen[0] if self._watched is not None else features
            self._traced = _trace(network, first, chosen, watched=self._watched)
            found = self._evidence(network, first, chosen)
        difference = float((found - expected).abs().max())
        if not difference <= _TOLERANCE * float(expected.abs().max()):
            raise FeaturesWithoutPlacesError(
                f"what follows {located.layer} depends on more than that, so no map can be worked out from it alone"
            )
        self.made = ActivationMap(cells=expected.shape[1], layer=located.layer)

    @contextmanager
    def watching(self) -> Iterator[list[Tensor]]:
        """Collects, where they are needed, the tokens that go into the last block while a network is run."""
        seen: list[Tensor] = []
        if self._watched is None:
            yield seen
            return
        handle = self._watched.register_forward_pre_hook(lambda _, arguments: seen.append(_only_tensor(arguments)))
        try:
            yield seen
        finally:
            handle.remove()

    def __call__(self, network: Network, features: Any, seen: list[Tensor], chosen: Tensor) -> Tensor:
        """Maps the first image.

        Args:
            network: The network that was traced.
            features: What it gave as last features.
            seen: What was collected while it was run.
            chosen: int64 [1]: the class.

        Returns:
            Float32 [1, input_size, input_size], in [0, 1].
        """
        source = features if self._watched is None else seen[0]
        return enlarged(self._evidence(network, source[0][None], chosen).float(), size=(self._size, self._size))

    def _evidence(self, network: Network, features: Tensor, chosen: Tensor) -> Tensor:
        return self._traced(_state(network), features, chosen)


class _FromFeatures(nn.Module):
    """What follows the last features, or the input of the last block."""

    def __init__(self, network: Network, watched: nn.Module | None) -> None:
        super().__init__()
        self.network = network
        self._watched = (watched,)

    def forward(self, features: Tensor) -> Tensor:
        (watched,) = self._watched
        if watched is None:
            return self.network.forward_head(features)
        # What comes before the last block is run on black and then dropped from the trace, because nothing uses it.
        size = self.network.spec.input_size
        black = torch.zeros((1, 3, size, size), device=features.device)
        handle = watched.register_forward_pre_hook(lambda _, arguments: (features, *arguments[1:]))
        try:
            return self.network.forward_head(self.network.forward_features(black))
        finally:
            handle.remove()


def _convolution_backward(gradient: Tensor, values: Tensor, weight: Tensor, *further: Any) -> Any:
    """Takes a convolution's backward step apart where only the gradient of its input is wanted: it is its transpose."""
    _, stride, padding, dilation, transposed, output_padding, groups, wanted = further
    if transposed or wanted[1] or wanted[2]:
        return NotImplemented
    transpose = torch.ops.aten.convolution.default
    reached = transpose(gradient, weight, None, stride, padding, dilation, True, output_padding, groups)
    return (reached, None, None) if reached.shape == values.shape else NotImplemented


# Some backbones convolve after pooling.
_DECOMPOSITIONS = {torch.ops.aten.convolution_backward.default: _convolution_backward}


def _trace(network: Network, features: Tensor, chosen: Tensor, *, watched: nn.Module | None) -> Any:
    """Returns features and class → what speaks for it, [1, rows, columns], as a graph of plain operators."""
    rest = _FromFeatures(network, watched)

    def evidence(state: _State, features: Tensor, chosen: Tensor) -> Tensor:
        def logits_of(values: Tensor) -> Tensor:
            named = {f"network.{name}": value for name, value in state.items()}
            return cast(Tensor, torch.func.functional_call(rest, named, (values,)))

        logits, pull_back = cast(_VectorJacobianProduct, torch.func.vjp(logits_of, features))
        one_hot = (torch.arange(logits.shape[1], device=logits.device) == chosen).to(logits.dtype)
        (gradient,) = pull_back(one_hot[None])
        return weighed_by_gradient(as_maps(features, network.backbone), as_maps(gradient, network.backbone))

    # In a plain layout: of another one, pooling is a view by strides, which no other format knows.
    plain = features.detach().clone(memory_format=torch.contiguous_format)
    # ONNX has operators for neither fused attention nor any backward step: both are taken apart.
    with sdpa_kernel(SDPBackend.MATH):
        table: dict[Any, Callable[..., Any]] = {**torch.export.default_decompositions(), **_DECOMPOSITIONS}
        traced = make_fx(evidence, decomposition_table=table)(_state(network), plain, chosen)
    traced.graph.eliminate_dead_code()
    traced.recompile()
    return traced


def _only_tensor(arguments: tuple[Any, ...]) -> Tensor:
    tensors = [value for value in arguments if isinstance(value, Tensor)]
    if len(tensors) != 1 or tensors[0] is not arguments[0]:
        raise FeaturesWithoutPlacesError(f"its last block takes {len(tensors)} tensors, of which the tokens are one")
    return tensors[0]


def _state(network: Network) -> _State:
    return {**dict(network.named_parameters()), **dict(network.named_buffers())}


def _last_block(network: Network) -> nn.Module:
    return cast(Any, network.backbone).blocks[-1]
