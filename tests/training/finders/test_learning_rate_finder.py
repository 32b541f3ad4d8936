from typing import Any

import numpy as np
import pytest
import torch

from medimage.config.stage import StageConfig
from medimage.models.build import build_network
from medimage.models.network import Network
from medimage.models.state import copy_state
from medimage.training.finders.learning_rate_finder import HIGHEST, LOWEST, STEPS, sweep_learning_rates
from medimage.training.finders.learning_rate_sweep import Sweep
from medimage.training.finders.trial import try_steps
from medimage.training.stage_setting import StageSetting
from tests.support.training import bright_quarters, short_recipe, specification

DATA = bright_quarters(60, seed=1)
SETTING = StageSetting(stage=2, seed=7, batch_size=16, accumulation=1, device=torch.device("cpu"), precision="fp32")


def sweep(network: Network, config: StageConfig, **changes: Any) -> tuple[Sweep, int]:
    steps: list[None] = []
    arguments: dict[str, Any] = {"training": short_recipe(), "setting": SETTING}
    with torch.random.fork_rng():
        found = sweep_learning_rates(
            network, DATA, config=config, on_step=lambda: steps.append(None), **(arguments | changes)
        )
    return found, len(steps)


def network() -> Network:
    return build_network(specification(classes=2), seed=1)


@pytest.mark.parametrize("config", [StageConfig(trainable="head"), StageConfig(trainable=1)])
def test_sweep_covers_the_range_until_it_diverges_and_leaves_the_network_as_it_was(config: StageConfig) -> None:
    subject = network().eval()
    subject.head.requires_grad_(False)
    before, pixels = copy_state(subject), torch.from_numpy(DATA.pixels[:4])
    found, steps = sweep(subject, config)
    after = copy_state(subject)
    assert all(torch.equal(value, after[key]) for key, value in before.items())
    assert not subject.training
    assert not any(parameter.requires_grad for parameter in subject.head.parameters())
    assert all(parameter.requires_grad for parameter in subject.backbone.parameters())
    assert all(parameter.grad is None for parameter in subject.parameters())
    assert subject(pixels).isfinite().all()
    assert found.learning_rates[0] == LOWEST
    assert found.learning_rates[-1] <= HIGHEST * (1 + 1e-9)
    assert np.isfinite(found.losses).all()
    assert steps <= len(found.losses) <= STEPS
    assert found.diverged == (steps < STEPS)


def test_suggested_rate_learns_what_rates_far_from_it_do_not() -> None:
    config = StageConfig(learning_rate=1e-4, optimizer="adamw")
    found, _ = sweep(network(), config)
    assert 1e-5 < found.suggestion < found.bound < 1

    def loss_after(rate: float) -> float:
        subject = network()
        with torch.random.fork_rng():
            for _ in range(6):
                result = try_steps(
                    subject,
                    DATA,
                    config=StageConfig(learning_rate=rate, optimizer="adamw"),
                    training=short_recipe(),
                    batch_size=16,
                    device=torch.device("cpu"),
                    precision="fp32",
                )
        return result.loss

    assert loss_after(found.suggestion) < 0.9 * loss_after(found.suggestion / 1000)
    assert loss_after(found.suggestion) < loss_after(found.bound * 100)


def test_head_and_backbone_keep_their_ratio(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[float, float]] = []
    step = torch.optim.SGD.step

    def record(self: torch.optim.SGD, *arguments: Any, **options: Any) -> Any:
        head, backbone = (float(group["lr"]) for group in self.param_groups)
        seen.append((head, backbone))
        return step(self, *arguments, **options)

    monkeypatch.setattr(torch.optim.SGD, "step", record)
    sweep(network(), StageConfig(optimizer="sgd", learning_rate=3e-5, backbone_learning_rate=5e-6))
    assert len(seen) > 20
    for head, backbone in seen:
        assert backbone == pytest.approx(head / 6)


def test_sweep_gives_the_same_on_repeat() -> None:
    first, second = (sweep(network(), StageConfig(trainable="head"))[0] for _ in range(2))
    np.testing.assert_array_equal(first.losses, second.losses)
