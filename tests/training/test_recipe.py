from typing import Any

import pytest
import torch
from torch import optim

from medimage.config.stage import StageConfig
from medimage.models.build import build_network
from medimage.models.network import Network
from medimage.training.determinism import reproducible
from medimage.training.freezing import freeze
from medimage.training.recipe import build_optimizer, learning_rates
from tests.support.training import specification


def network(*, trainable: str = "all") -> Network:
    built = build_network(specification(), seed=0)
    freeze(built, trainable=trainable)  # type: ignore[arg-type]
    return built


@pytest.mark.parametrize(
    ("name", "kind"), [("adam", optim.Adam), ("adamw", optim.AdamW), ("adamax", optim.Adamax), ("sgd", optim.SGD)]
)
def test_optimizer_is_the_one_asked_for(name: str, kind: type) -> None:
    stage = StageConfig(optimizer=name, weight_decay=0.02, momentum=0.8)  # type: ignore[arg-type]
    optimizer = build_optimizer(network(), stage)
    assert type(optimizer) is kind
    assert {group["weight_decay"] for group in optimizer.param_groups} == {0.02}
    # Adamax has no fused kernel.
    assert [group.get("fused") for group in optimizer.param_groups] == [None if name == "adamax" else True] * 2
    if name == "sgd":
        assert {group["momentum"] for group in optimizer.param_groups} == {0.8}


def test_head_and_backbone_have_their_own_rates() -> None:
    optimizer = build_optimizer(network(), StageConfig(learning_rate=3e-5, backbone_learning_rate=5e-6))
    assert learning_rates(optimizer) == {"head": 3e-5, "backbone": 5e-6}


def test_backbone_has_the_rate_of_the_head_when_none_is_given() -> None:
    assert learning_rates(build_optimizer(network(), StageConfig(learning_rate=2e-4)))["backbone"] == 2e-4


def test_frozen_backbone_has_no_group() -> None:
    assert learning_rates(build_optimizer(network(trainable="head"), StageConfig(learning_rate=1e-3))) == {"head": 1e-3}


def test_every_trained_parameter_is_in_one_group() -> None:
    built = network()
    optimizer = build_optimizer(built, StageConfig())
    grouped = [id(parameter) for group in optimizer.param_groups for parameter in group["params"]]
    assert sorted(grouped) == sorted(id(parameter) for parameter in built.parameters())


@pytest.mark.parametrize("name", ["adam", "adamw", "adamax", "sgd"])
def test_step_equals_that_of_the_plain_optimizer(name: str) -> None:
    stage = StageConfig(optimizer=name, learning_rate=0.01, weight_decay=0.1)  # type: ignore[arg-type]
    ours, theirs = network(), network()
    kinds = {"adam": optim.Adam, "adamw": optim.AdamW, "adamax": optim.Adamax, "sgd": optim.SGD}
    extra = {"momentum": 0.9} if name == "sgd" else {}
    plain = kinds[name](theirs.parameters(), lr=0.01, weight_decay=0.1, foreach=False, **extra)
    optimizer = build_optimizer(ours, stage)
    for _ in range(2):
        for built in (ours, theirs):
            generator = torch.Generator().manual_seed(0)
            for parameter in built.parameters():
                parameter.grad = torch.randn(parameter.shape, generator=generator)
        optimizer.step()
        plain.step()
    for mine, reference in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(mine, reference)


@pytest.mark.parametrize("name", ["adam", "adamw", "sgd"])
def test_a_first_step_that_is_left_out_leaves_nothing_behind(name: str) -> None:
    stage = StageConfig(optimizer=name, learning_rate=0.01)  # type: ignore[arg-type]
    disturbed, undisturbed = network(), network()
    # In this mode PyTorch fills memory that nothing was written to with NaN.
    with reproducible(0, device=torch.device("cpu"), deterministic=True):
        for built, finite in ((disturbed, False), (undisturbed, True)):
            optimizer: Any = build_optimizer(built, stage)
            for first in (True, False):
                for parameter in built.parameters():
                    parameter.grad = torch.full_like(parameter, 1.0 if finite or not first else torch.inf)
                if first and finite:
                    continue
                optimizer.found_inf = torch.tensor(float(first))
                optimizer.step()
    for mine, reference in zip(disturbed.parameters(), undisturbed.parameters(), strict=True):
        torch.testing.assert_close(mine, reference, rtol=0, atol=0)
