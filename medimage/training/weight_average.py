"""A moving average of the weights: what is judged, chosen and returned where the recipe asks for it."""

from collections.abc import Mapping
from typing import cast

from torch import Tensor, nn

from medimage.models.network import Network
from medimage.models.timm_library import ModelEmaV3
from medimage.training.checkpointing.changing_state import restore_entries


class WeightAverage:
    """The exponential moving average of what is trained of a network, over the steps of one stage.

    The decay grows from 0, as 1 - (1 + steps)^(-2/3), up to the given one, so that the weights before the first step
    are forgotten in a short stage too (K. Crowson's warm-up, in timm).

    Attributes:
        network: A network with the averaged weights. A frozen backbone, which has no average but itself, is shared.
    """

    def __init__(self, network: Network, *, decay: float) -> None:
        self._whole = any(parameter.requires_grad for parameter in network.backbone.parameters())
        self._average = ModelEmaV3(self._averaged_part(network), decay=decay, use_warmup=True)
        self._average.requires_grad_(False)
        self._steps = 0
        self.network = cast(Network, self._average.module)
        if not self._whole:
            device = network.pixel_scale.device
            self.network = Network(spec=network.spec, backbone=network.backbone, head=self._average.module).to(device)

    def update(self, network: Network) -> None:
        """Takes in the weights after a step."""
        self._steps += 1
        self._average.update(self._averaged_part(network), step=self._steps)

    @property
    def steps(self) -> int:
        """Steps that were averaged over."""
        return self._steps

    def restore(self, entries: Mapping[str, Tensor], *, steps: int) -> None:
        """Goes on from entries of the averaged network's state, and the number of steps then."""
        restore_entries(self.network, entries)
        self._steps = steps

    def _averaged_part(self, network: Network) -> nn.Module:
        return network if self._whole else network.head
