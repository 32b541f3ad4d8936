"""What is exported: a network with temperature and softmax, and what else the graph gives."""

from contextlib import ExitStack
from dataclasses import replace

import torch
from torch import Tensor, nn

from medimage.evaluation.explanation.heat_maps import FeaturesWithoutPlacesError, scaled_to_peak
from medimage.export.class_activation import ClassActivation
from medimage.models.ensemble import Ensemble
from medimage.models.network import ForwardPass, Network
from medimage.serving.graph_outputs import ACTIVATION_MAP, EMBEDDING, GraphOutputs
from medimage.serving.model_metadata import OUTPUT_NAMES

Deployable = Network | Ensemble
"""What can be exported."""


class PredictingNetwork(nn.Module):
    """Network, temperature and softmax in one: uint8 [batch, height, width, channels] → probabilities and logits."""

    def __init__(self, network: Deployable, *, temperature: float) -> None:
        super().__init__()
        self.network = network
        self.temperature = temperature

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Gives probabilities and logits, float32 [batch, classes] each."""
        logits = self.network(image).float()
        return torch.softmax(logits / self.temperature, dim=1), logits


class DeployedNetwork(nn.Module):
    """A `PredictingNetwork` that gives embedding and class-activation map, too.

    The embedding of an ensemble is those of its members side by side, and its map the mean of theirs, scaled to its
    own peak: each member's map shows what moved that member's answer for the class, so the mean shows what their
    answers rest on together. It is not the gradient of the mean probability, in which the members that are less sure
    would weigh more.

    Attributes:
        outputs: What it gives beside probabilities and logits.
    """

    def __init__(self, network: Deployable, *, temperature: float) -> None:
        """Takes a network in evaluation mode."""
        super().__init__()
        self.network = network
        self.temperature = temperature
        members = members_of(network)
        width = _width(network)
        self._activations: list[ClassActivation] = []
        try:
            self._activations = [ClassActivation(member) for member in members]
        except FeaturesWithoutPlacesError as error:
            self.outputs = GraphOutputs(embedding_width=width, activation_map=None, no_map_because=str(error))
        else:
            made = replace(self._activations[0].made, networks=len(members))
            self.outputs = GraphOutputs(embedding_width=width, activation_map=made)

    @property
    def output_names(self) -> tuple[str, ...]:
        """Names of what `forward` gives, in its order."""
        return (*OUTPUT_NAMES, EMBEDDING, *((ACTIVATION_MAP,) if self.outputs.activation_map else ()))

    def forward(self, image: Tensor, class_index: Tensor | None = None) -> tuple[Tensor, ...]:
        """Classifies images, and maps what speaks for one class in the first of them.

        Args:
            image: uint8 [batch, height, width, channels].
            class_index: int64 [1]: whose map is given; below 0 for the most probable class of the first image. Needed
                where there is a map.

        Returns:
            What `output_names` names: float32 [batch, classes], twice; float32 [batch, width]; and, where there is a
            map, float32 [1, input_size, input_size].
        """
        members = members_of(self.network)
        with ExitStack() as stack:
            seen = [stack.enter_context(activation.watching()) for activation in self._activations]
            passes = [member.forward_pass(image) for member in members]
        own_logits = [each.logits for each in passes]
        logits = self.network.mean(own_logits) if isinstance(self.network, Ensemble) else own_logits[0]
        probabilities = torch.softmax(logits / self.temperature, dim=1)
        answers = (probabilities, logits, _side_by_side(passes))
        if class_index is None or not self._activations:
            return answers
        chosen = torch.where(class_index < 0, probabilities[0].argmax(dim=0, keepdim=True), class_index)
        parts = zip(self._activations, members, passes, seen, strict=True)
        maps = [activation(member, own.features, tokens, chosen) for activation, member, own, tokens in parts]
        return (*answers, mean_map(maps))


def members_of(network: Deployable) -> list[Network]:
    """Returns the members of an ensemble, or the network itself."""
    return network.networks if isinstance(network, Ensemble) else [network]


def embedding_of(network: Deployable, pixels: Tensor) -> Tensor:
    """Returns the embedding of images as the graph gives it, float32 [batch, width].

    Args:
        network: Network or ensemble in evaluation mode.
        pixels: uint8 [batch, height, width, channels].
    """
    return _side_by_side([member.forward_pass(pixels) for member in members_of(network)])


def mean_map(maps: list[Tensor]) -> Tensor:
    """Returns the mean of the maps of several networks, scaled to its own peak; of one network its own map.

    Args:
        maps: Float32 [images, height, width] of each network, in [0, 1].
    """
    return maps[0] if len(maps) == 1 else scaled_to_peak(torch.stack(maps).mean(dim=0))


def _side_by_side(passes: list[ForwardPass]) -> Tensor:
    embeddings = [each.embedding.float() for each in passes]
    return torch.cat(embeddings, dim=1) if len(embeddings) > 1 else embeddings[0]


def _width(network: Deployable) -> int:
    spec = network.spec
    black = torch.zeros((1, spec.input_size, spec.input_size, spec.channels), dtype=torch.uint8)
    with torch.no_grad():
        return embedding_of(network, black.to(next(network.parameters()).device)).shape[1]
