"""Several networks that answer as one."""

import math
from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from medimage.models.build import load_network
from medimage.models.network import Network
from medimage.models.trained_model import ModelSpec, TrainedModel


class Ensemble(nn.Module):
    """The mean of several networks' calibrated probabilities, as logarithms: a softmax gives the mean back.

    Every member brings its own normalisation and its own temperature.

    Attributes:
        spec: The first member's specification under the ensemble's name.
    """

    def __init__(self, members: Sequence[Network], *, temperatures: Sequence[float], name: str) -> None:
        super().__init__()
        if len(members) < 2 or len(members) != len(temperatures):
            raise ValueError(
                f"Expected at least two networks and a temperature for each but got {len(members)} and "
                f"{len(temperatures)}"
            )
        self.members = nn.ModuleList(members)
        self.temperatures = tuple(temperatures)
        self.spec = ensemble_spec([member.spec for member in members], name=name)

    def forward(self, pixels: Tensor) -> Tensor:
        """Classifies stored pixels.

        Args:
            pixels: uint8 [batch, height, width, channels].

        Returns:
            Logarithms of the mean probabilities, float32 [batch, classes].
        """
        return self.mean([network(pixels) for network in self.networks])

    @property
    def networks(self) -> list[Network]:
        """The members."""
        return [cast(Network, member) for member in self.members]

    def mean(self, logits: Sequence[Tensor]) -> Tensor:
        """Returns the logarithms of the mean probabilities, float32 [batch, classes].

        Args:
            logits: What each member gave, float [batch, classes].
        """
        answers = [
            torch.log_softmax(own / temperature, dim=1)
            for own, temperature in zip(logits, self.temperatures, strict=True)
        ]
        return torch.logsumexp(torch.stack(answers), dim=0) - math.log(len(answers))


def load_ensemble(models: Sequence[TrainedModel], *, temperatures: Sequence[float], name: str) -> Ensemble:
    """Builds the ensemble of trained models with their best weights, in evaluation mode, on the CPU.

    Args:
        models: The members.
        temperatures: What each member's logits are divided by.
        name: Name of the ensemble.

    Raises:
        ValueError: If the members do not answer on the same images with the same classes.
    """
    networks = [load_network(model) for model in models]
    return cast(Ensemble, Ensemble(networks, temperatures=temperatures, name=name).eval())


def ensemble_spec(specs: Sequence[ModelSpec], *, name: str) -> ModelSpec:
    """Returns a specification that says of an ensemble what is the same of all its members.

    Args:
        specs: The members' specifications.
        name: Name of the ensemble.

    Raises:
        ValueError: If they differ in anything but their statistics.
    """
    first = {**specs[0].to_dict(), "normalization": None}
    for spec in specs[1:]:
        other = {**spec.to_dict(), "normalization": None}
        differing = [key for key in first if first[key] != other[key]]
        if differing:
            raise ValueError(f"Expected members of one specification but they differ in {', '.join(differing)}")
    return type(specs[0]).from_dict({**specs[0].to_dict(), "name": name})
