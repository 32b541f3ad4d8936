"""From a specification to a network, and from a trained model back to one."""

import torch

from medimage.config.model import ModelConfig
from medimage.data.statistics import NormalizationStats
from medimage.models.architectures import find_architecture
from medimage.models.backbone import create_backbone, measure_feature_width
from medimage.models.heads import build_head
from medimage.models.network import Network
from medimage.models.state import unpack_state
from medimage.models.trained_model import ModelSpec, TrainedModel


def specify_network(
    model: ModelConfig, *, classes: tuple[str, ...], channels: int, normalization: NormalizationStats
) -> ModelSpec:
    """Returns the specification of the network that a configuration asks for.

    Args:
        model: Section `model` of the configuration.
        classes: Class names in the order of the outputs.
        channels: Channels of the stored images, 1 or 3.
        normalization: Statistics of the stored images; its input size is the network's.
    """
    return ModelSpec(
        name=model.name,
        timm_name=find_architecture(model.name).timm_name,
        head=model.head,
        classes=classes,
        input_size=normalization.input_size,
        channels=channels,
        normalization=normalization,
        options=dict(model.options),
        # Sorted, because the order of flips changes nothing and must not make another model.
        test_time_augmentation=tuple(sorted(model.test_time_augmentation)),
    )


def build_network(spec: ModelSpec, *, seed: int) -> Network:
    """Builds a network with random weights on the CPU.

    Args:
        spec: What to build.
        seed: Seed of the random weights. The same seed gives the same weights; PyTorch's own generator is left as
            it was.

    Raises:
        ConfigurationError: If the model cannot take images of this size, or an option is unknown.
    """
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        backbone = create_backbone(spec.timm_name, input_size=spec.input_size, options=spec.options)
        width = measure_feature_width(backbone, timm_name=spec.timm_name, input_size=spec.input_size)
        head = build_head(spec.head, features=width, classes=len(spec.classes))
    return Network(spec=spec, backbone=backbone, head=head)


def load_network(trained: TrainedModel) -> Network:
    """Builds the network of a trained model with its best weights, in evaluation mode, on the CPU.

    Raises:
        WeightsError: If the weights are damaged or do not belong to the specification.
    """
    network = build_network(trained.spec, seed=0)
    unpack_state(trained.weights, into=network)
    return network.eval()
