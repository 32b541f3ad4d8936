"""Every model of the table is built, trained for a step, frozen in every way, and asked for its features."""

from functools import cache

import pytest
import torch
from torch import nn

from medimage.models.architectures import Architecture, architecture_table
from medimage.models.build import build_network
from medimage.models.network import Network
from medimage.training.freezing import backbone_blocks, freeze, total_parameters, trainable_parameters
from tests.support.training import specification

# The smallest size at which each network has a feature map of more than one place, where its own is too slow for a
# test; benchmarks/every_architecture.py takes all of them at their own size.
SMALL_SIZES = {
    "convnextv2_tiny": 64,
    "regnety_004": 64,
    "regnety_006": 64,
    "resnet18": 64,
    "resnet50": 64,
    "efficientnet_b0": 64,
    "swin_t": 64,
    "xception_medical": 96,
    "EfficientNetB3": 64,
    "InceptionV3": 96,
    "InceptionResNetV2": 96,
    "test_resnet": 64,
    "mobilenetv2_100": 64,
    "tf_efficientnetv2_s": 64,
}
TABLE = list(architecture_table().values())


@cache
def without_values(timm_name: str, size: int) -> Network:
    """Returns a network on the meta device, where tensors have shapes and no values: the largest costs a second."""
    with torch.device("meta"):
        return build_network(specification(timm_name, head="medical", size=size), seed=0)


def at_own_size(architecture: Architecture) -> Network:
    assert architecture.input_size is not None
    return without_values(architecture.timm_name, architecture.input_size)


def batch_norms(network: Network) -> dict[str, nn.Module]:
    return {name: module for name, module in network.named_modules() if isinstance(module, nn.BatchNorm2d)}


@pytest.mark.parametrize("architecture", TABLE, ids=lambda row: row.name)
def test_every_model_has_logits_features_and_gradients_at_its_own_size(architecture: Architecture) -> None:
    network = at_own_size(architecture)
    freeze(network, trainable="all")
    size = network.spec.input_size
    with torch.device("meta"):
        features = network.train().forward_features(torch.zeros(2, 3, size, size))
        pooled, logits = network.pool(features), network.forward_head(features)
    assert (pooled.ndim, pooled.shape[0]) == (2, 2)
    assert (logits.shape, logits.dtype) == ((2, 3), torch.float32)
    logits.sum().backward()
    assert [name for name, parameter in network.named_parameters() if parameter.grad is None] == []


@pytest.mark.parametrize("architecture", TABLE, ids=lambda row: row.name)
def test_every_model_is_frozen_by_head_all_and_any_number_of_last_blocks(architecture: Architecture) -> None:
    network = at_own_size(architecture)
    blocks = backbone_blocks(network.backbone, name=architecture.timm_name)
    assert len(blocks) > 3
    names = [name for block in blocks for name in block]
    assert sorted(names) == sorted(name for name, _ in network.backbone.named_parameters())
    head = sum(parameter.numel() for parameter in network.head.parameters())
    counts = []
    for trainable in ("head", 1, 2, len(blocks) // 2, len(blocks) - 1, len(blocks), "all"):
        freeze(network, trainable=trainable)  # type: ignore[arg-type]
        counts.append(trainable_parameters(network))
        network.train()
        for name, module in batch_norms(network).items():
            trained = {parameter.requires_grad for parameter in module.parameters()}
            assert len(trained) == 1, f"{name} is trained in part"
            assert module.training == trained.pop(), name
    assert counts[0] == head
    assert counts[-1] == counts[-2] == total_parameters(network)
    assert counts == sorted(counts)
    assert len(set(counts[:3])) == 3


@pytest.mark.parametrize("name", SMALL_SIZES)
def test_a_step_moves_what_is_trained_and_no_statistic_of_what_is_frozen(name: str) -> None:
    size = SMALL_SIZES[name]
    network = build_network(specification(architecture_table()[name].timm_name, head="medical", size=size), seed=0)
    freeze(network, trainable=1)
    network.train()
    before = {key: value.clone() for key, value in network.state_dict().items()}
    pixels = torch.randint(0, 256, (2, size, size, 1), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    nn.functional.cross_entropy(network(pixels), torch.tensor([0, 2])).backward()
    torch.optim.SGD((parameter for parameter in network.parameters() if parameter.requires_grad), lr=0.1).step()
    trained = {name for name, parameter in network.named_parameters() if parameter.requires_grad}
    awake = tuple(f"{name}." for name, module in batch_norms(network).items() if module.training)
    for key, value in network.state_dict().items():
        if key not in trained and not (awake and key.startswith(awake)):
            assert torch.equal(value, before[key]), key
    # A gradient may be zero where a ReLU is silent for both images, but not everywhere.
    moved = {key for key in trained if not torch.equal(network.get_parameter(key), before[key])}
    assert {key.partition(".")[0] for key in moved} == {"head", "backbone"}
    statistics = {key for key in before if key.endswith("running_mean") and key.startswith(awake or "-")}
    assert all(not torch.equal(network.state_dict()[key], before[key]) for key in statistics)
