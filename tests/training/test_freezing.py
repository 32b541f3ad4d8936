from typing import Literal

import pytest
import torch
from torch.optim import SGD

from medimage.errors import ConfigurationError
from medimage.models.build import build_network
from medimage.models.network import Network
from medimage.training.freezing import backbone_blocks, freeze, total_parameters, trainable_parameters
from tests.support.training import specification


def trained_names(network: Network) -> set[str]:
    return {name for name, parameter in network.named_parameters() if parameter.requires_grad}


def test_head_alone_is_trained() -> None:
    network = build_network(specification(head="medical"), seed=0)
    freeze(network, trainable="head")
    assert all(name.startswith("head.") for name in trained_names(network))
    assert trainable_parameters(network) == sum(parameter.numel() for parameter in network.head.parameters())


def test_everything_is_trained_again_after_a_frozen_stage() -> None:
    network = build_network(specification(), seed=0)
    freeze(network, trainable="head")
    freeze(network, trainable="all")
    assert trainable_parameters(network) == total_parameters(network)


@pytest.mark.parametrize(
    ("name", "size", "last"),
    [
        ("resnet18", 64, ("backbone.layer4.1.",)),
        ("mobilenetv2_100", 64, ("backbone.blocks.6.0.", "backbone.conv_head.", "backbone.bn2.")),
        ("mobilenetv3_small_050", 64, ("backbone.blocks.5.0.", "backbone.conv_head.")),
        ("convnextv2_tiny", 64, ("backbone.stages.3.blocks.2.", "backbone.head.norm.")),
        ("vit_base_patch16_224", 64, ("backbone.blocks.11.", "backbone.norm.")),
        ("swin_tiny_patch4_window7_224", 64, ("backbone.layers.3.blocks.1.", "backbone.norm.")),
        ("inception_v3", 96, ("backbone.Mixed_7c.",)),
    ],
)
def test_last_block_is_trained_with_what_comes_after_it(name: str, size: int, last: tuple[str, ...]) -> None:
    with torch.device("meta"):
        network = build_network(specification(name, size=size), seed=0)
    freeze(network, trainable=1)
    backbone = {entry for entry in trained_names(network) if not entry.startswith("head.")}
    expected = {entry for entry, _ in network.named_parameters() if entry.startswith(last)}
    assert backbone == expected
    assert backbone


@pytest.mark.parametrize("trainable", ["all", 1])
def test_frozen_batch_norm_keeps_everything_it_has_through_a_training_step(trainable: Literal["all"] | int) -> None:
    network = build_network(specification("mobilenetv2_100", size=64), seed=0)
    freeze(network, trainable=trainable, batch_norm="frozen")
    norms = {
        name: module
        for name, module in network.named_modules()
        if isinstance(module, torch.nn.modules.batchnorm._BatchNorm)
    }
    before = {
        name: {key: value.clone() for key, value in module.state_dict().items()} for name, module in norms.items()
    }
    weight = network.get_parameter("backbone.conv_head.weight")
    untrained = weight.detach().clone()
    network.train()
    pixels = torch.randint(0, 256, (4, 64, 64, 1), dtype=torch.uint8)
    network(pixels).square().sum().backward()
    SGD([parameter for parameter in network.parameters() if parameter.requires_grad], lr=0.1).step()
    assert len(norms) > 50
    for name, module in norms.items():
        assert not module.training
        for key, value in module.state_dict().items():
            assert torch.equal(value, before[name][key]), f"{name}.{key}"
    assert not torch.equal(weight, untrained)


def test_batch_norm_is_trained_again_after_a_stage_that_froze_it() -> None:
    network = build_network(specification(), seed=0)
    freeze(network, trainable="all", batch_norm="frozen")
    assert trainable_parameters(network) < total_parameters(network)
    freeze(network, trainable="all")
    network.train()
    assert trainable_parameters(network) == total_parameters(network)
    assert all(module.training for module in network.modules())


def test_batch_norm_without_scale_and_shift_is_refused_rather_than_left_to_change() -> None:
    network = build_network(specification(), seed=0)
    network.backbone.add_module("extra", torch.nn.BatchNorm1d(4, affine=False))
    with pytest.raises(ConfigurationError, match=r"backbone\.extra has none, so it cannot be frozen"):
        freeze(network, trainable="all", batch_norm="frozen")


def test_more_blocks_train_more_parameters_until_all_are_trained() -> None:
    network = build_network(specification(), seed=0)
    blocks = len(backbone_blocks(network.backbone, name="test_resnet"))
    counts = []
    for trainable in range(1, blocks + 1):
        freeze(network, trainable=trainable)
        counts.append(trainable_parameters(network))
    assert counts == sorted(set(counts))
    assert counts[-1] == total_parameters(network)


def test_more_blocks_than_there_are_are_refused_with_their_number() -> None:
    network = build_network(specification(), seed=0)
    blocks = len(backbone_blocks(network.backbone, name="test_resnet"))
    with pytest.raises(ConfigurationError, match=rf"at most {blocks}, the number of blocks of test_resnet, but got 99"):
        freeze(network, trainable=99)
