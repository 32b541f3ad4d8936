import copy
import math
from collections.abc import Callable

import pytest
import torch
from torch import nn
from torch.amp.grad_scaler import GradScaler

from medimage.config.stage import StageConfig
from medimage.training.divergence import DivergenceError
from medimage.training.gradient_steps import GradientSteps
from tests.support.trained_stages import run
from tests.support.training import short_recipe

INPUTS = torch.randn(6, 4, generator=torch.Generator().manual_seed(0))
LABELS = torch.tensor([0, 1, 0, 1, 1, 0])


def linear() -> nn.Linear:
    torch.manual_seed(0)
    return nn.Linear(4, 2)


def scaler(scale: float) -> GradScaler:
    return GradScaler("cpu", init_scale=scale, growth_interval=2)


class Overflowing(torch.autograd.Function):
    """Passes values on; its gradients overflow as fp16 does, beyond 65504."""

    @staticmethod
    def forward(_: object, values: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        return values.clone()

    @staticmethod
    def backward(_: object, gradient: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        return gradient.half().float()


def loss_of(model: nn.Linear, scale: float = 1.0) -> torch.Tensor:
    return scale * nn.functional.cross_entropy(Overflowing.apply(model(INPUTS)), LABELS)


@pytest.mark.parametrize("clip", [None, 0.1])
def test_scaled_steps_are_those_of_pytorchs_recipe(clip: float | None) -> None:
    ours, theirs = linear(), linear()
    taken: list[int] = []
    steps = GradientSteps(
        torch.optim.SGD(ours.parameters(), lr=0.5),
        gradient_clip=clip,
        scaler=scaler(2.0**22),
        after_step=lambda: taken.append(1),
    )
    optimizer, reference = torch.optim.SGD(theirs.parameters(), lr=0.5), scaler(2.0**22)
    skipped = 0
    for number in range(12):
        steps.add(loss_of(ours), weight=6.0, gathered=1)
        steps.take(f"batch {number}")
        optimizer.zero_grad()
        reference.scale(loss_of(theirs)).backward()
        if clip is not None:
            reference.unscale_(optimizer)
            nn.utils.clip_grad_norm_(theirs.parameters(), clip)
        reference.step(optimizer)
        before = reference.get_scale()
        reference.update()
        skipped += reference.get_scale() < before
    torch.testing.assert_close(ours.weight, theirs.weight, rtol=0, atol=0)
    # The first factors are too large: such steps are skipped, which is no failure, and not averaged over.
    assert skipped > 0
    assert len(taken) == 12 - skipped
    assert not torch.equal(ours.weight, linear().weight)


def test_gradients_that_no_factor_makes_finite_end_the_epoch() -> None:
    model = linear()
    steps = GradientSteps(
        torch.optim.SGD(model.parameters(), lr=0.5), gradient_clip=None, scaler=scaler(64.0), after_step=lambda: None
    )

    def train() -> None:
        for number in range(20):
            steps.add(loss_of(model, scale=1e9), weight=6.0, gathered=1)
            steps.take(f"batch {number}")

    with pytest.raises(DivergenceError, match="in fp16, whatever it was scaled by, up to batch 6"):
        train()


OPTIMIZERS: dict[str, Callable[[list[nn.Parameter]], torch.optim.Optimizer]] = {
    "fused adam": lambda parameters: torch.optim.Adam(parameters, lr=0.1, fused=True),
    "fused adamw": lambda parameters: torch.optim.AdamW(parameters, lr=0.1, weight_decay=0.1, fused=True),
    "fused sgd": lambda parameters: torch.optim.SGD(parameters, lr=0.1, momentum=0.9, weight_decay=0.1, fused=True),
    "adamax": lambda parameters: torch.optim.Adamax(parameters, lr=0.1),
}


@pytest.mark.parametrize("gradient_clip", [None, 1.0])
@pytest.mark.parametrize("value", [math.nan, math.inf])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_step_along_a_gradient_that_is_not_finite_is_never_taken(
    name: str, value: float, gradient_clip: float | None
) -> None:
    model = linear()
    optimizer = OPTIMIZERS[name](list(model.parameters()))
    steps = GradientSteps(
        optimizer, gradient_clip=gradient_clip, scaler=GradScaler("cpu", enabled=False), after_step=lambda: None
    )
    steps.add(loss_of(model), weight=6.0, gathered=1)
    steps.take("batch 1")
    steps.require_finite("batch 1")
    before = copy.deepcopy((model.state_dict(), optimizer.state_dict()["state"]))

    steps.add(loss_of(model), weight=6.0, gathered=1)
    assert model.bias.grad is not None
    model.bias.grad[0] = value

    def take_and_look() -> None:
        steps.take("batch 2")
        steps.require_finite("batch 2")

    with pytest.raises(DivergenceError, match=f"The gradient became {value} in batch 2"):
        take_and_look()
    torch.testing.assert_close((model.state_dict(), optimizer.state_dict()["state"]), before, rtol=0, atol=0)


def test_a_step_that_was_left_out_is_told_after_good_ones_too() -> None:
    model = linear()
    steps = GradientSteps(
        OPTIMIZERS["fused adam"](list(model.parameters())),
        gradient_clip=None,
        scaler=GradScaler("cpu", enabled=False),
        after_step=lambda: None,
    )
    for number in range(4):
        steps.add(loss_of(model, scale=math.nan if number == 1 else 1.0), weight=6.0, gathered=1)
        steps.take(f"batch {number}")
    assert model.weight.isfinite().all()
    with pytest.raises(DivergenceError, match="The gradient became nan in batch 3"):
        steps.require_finite("batch 3")


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_steps_are_those_of_the_optimizer_bit_for_bit(name: str) -> None:
    ours, theirs = linear(), linear()
    steps = GradientSteps(
        OPTIMIZERS[name](list(ours.parameters())),
        gradient_clip=None,
        scaler=GradScaler("cpu", enabled=False),
        after_step=lambda: None,
    )
    optimizer = OPTIMIZERS[name](list(theirs.parameters()))
    for number in range(5):
        steps.add(loss_of(ours), weight=6.0, gathered=1)
        steps.take(f"batch {number}")
        optimizer.zero_grad()
        loss_of(theirs).backward()
        optimizer.step()
    assert torch.equal(ours.weight, theirs.weight)


def test_training_in_fp16_comes_close_to_that_in_fp32() -> None:
    small_steps = StageConfig(epochs=1, learning_rate=1e-5)
    half, full = (run(2, short_recipe(precision=each, stage2=small_steps)) for each in ("fp16", "fp32"))
    assert half.history.stages[0].precision == "fp16"
    assert half.last_weights != full.last_weights
    ours, theirs = half.history.epochs[0], full.history.epochs[0]
    assert ours.train_loss == pytest.approx(theirs.train_loss, rel=0.02)
