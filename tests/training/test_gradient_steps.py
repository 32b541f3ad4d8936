import pytest
import torch
from torch import nn
from torch.amp.grad_scaler import GradScaler

from medimage.config.stage import StageConfig
from medimage.training.failures import NonFiniteError
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

    with pytest.raises(NonFiniteError, match="in fp16, whatever it was scaled by, up to batch 6"):
        train()


def test_training_in_fp16_comes_close_to_that_in_fp32() -> None:
    small_steps = StageConfig(epochs=1, learning_rate=1e-5)
    half, full = (run(2, short_recipe(precision=each, stage2=small_steps)) for each in ("fp16", "fp32"))
    assert half.history.stages[0].precision == "fp16"
    assert half.last_weights != full.last_weights
    ours, theirs = half.history.epochs[0], full.history.epochs[0]
    assert ours.train_loss == pytest.approx(theirs.train_loss, rel=0.02)
