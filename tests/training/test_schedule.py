import pytest
import torch
from torch import nn, optim
from torch.optim import lr_scheduler

from medimage.config.schedule import ScheduleConfig
from medimage.errors import ConfigurationError
from medimage.training.schedule import LearningRateSchedule

HEAD, BACKBONE, EPOCHS = 3e-3, 5e-4, 20


def optimizer() -> optim.Optimizer:
    layers = [nn.Linear(1, 1), nn.Linear(1, 1)]
    return optim.SGD(
        [
            {"params": layers[0].parameters(), "lr": HEAD},
            {"params": layers[1].parameters(), "lr": BACKBONE},
        ]
    )


def our_rates(config: ScheduleConfig, *, losses: list[float] | None = None, epochs: int = EPOCHS) -> list[list[float]]:
    ours = optimizer()
    schedule = LearningRateSchedule(ours, schedule=config, epochs=epochs)
    rates = []
    for epoch in range(1, epochs + 1):
        schedule.start_epoch(epoch)
        rates.append([group["lr"] for group in ours.param_groups])
        schedule.end_epoch(epoch, validation_loss=losses[epoch - 1] if losses else 1.0)
    return rates


def pytorchs_rates(
    theirs: optim.Optimizer, scheduler: object, *, losses: list[float] | None = None, epochs: int = EPOCHS
) -> list[list[float]]:
    rates = []
    for epoch in range(epochs):
        rates.append([group["lr"] for group in theirs.param_groups])
        theirs.step()
        scheduler.step(*([losses[epoch]] if losses else []))  # type: ignore[attr-defined]
    return rates


def assert_equal(ours: list[list[float]], theirs: list[list[float]]) -> None:
    torch.testing.assert_close(torch.tensor(ours), torch.tensor(theirs), rtol=1e-6, atol=1e-12)


def test_constant_rates_stay() -> None:
    assert our_rates(ScheduleConfig()) == [[HEAD, BACKBONE]] * EPOCHS


def test_cosine_equals_pytorchs() -> None:
    theirs = optimizer()
    scheduler = lr_scheduler.CosineAnnealingLR(theirs, T_max=EPOCHS, eta_min=1e-7)
    assert_equal(our_rates(ScheduleConfig(name="cosine", minimum=1e-7)), pytorchs_rates(theirs, scheduler))


@pytest.mark.parametrize("factor", [1, 2])
def test_warm_restarts_equal_pytorchs(factor: int) -> None:
    theirs = optimizer()
    scheduler = lr_scheduler.CosineAnnealingWarmRestarts(theirs, T_0=5, T_mult=factor, eta_min=1e-6)
    config = ScheduleConfig(name="warm_restarts", minimum=1e-6, first_restart=5, restart_factor=factor)
    assert_equal(our_rates(config), pytorchs_rates(theirs, scheduler))


def test_plateau_equals_pytorchs() -> None:
    losses = [1.0, 0.9, 0.95, 0.95, 0.95, 0.95, 0.8, *[0.85] * 13]
    theirs = optimizer()
    scheduler = lr_scheduler.ReduceLROnPlateau(theirs, factor=0.5, patience=2, min_lr=1e-4)
    config = ScheduleConfig(name="plateau", plateau_factor=0.5, plateau_patience=2, minimum=1e-4)
    ours = our_rates(config, losses=losses)
    assert_equal(ours, pytorchs_rates(theirs, scheduler, losses=losses))
    assert ours[-1][0] < HEAD


def test_warm_up_rises_linearly_and_hands_over_to_cosine() -> None:
    theirs = optimizer()
    scheduler = lr_scheduler.SequentialLR(
        theirs,
        [
            lr_scheduler.LinearLR(theirs, start_factor=1 / 4, total_iters=3),
            lr_scheduler.CosineAnnealingLR(theirs, T_max=EPOCHS - 3, eta_min=1e-7),
        ],
        milestones=[3],
    )
    config = ScheduleConfig(name="cosine", minimum=1e-7, warmup_epochs=3)
    ours = our_rates(config)
    assert_equal(ours, pytorchs_rates(theirs, scheduler))
    assert ours[0][0] == pytest.approx(HEAD / 4)
    assert ours[3][0] == pytest.approx(HEAD)


def test_plateau_does_not_count_the_warm_up() -> None:
    config = ScheduleConfig(name="plateau", plateau_patience=1, plateau_factor=0.5, warmup_epochs=5)
    rates = [head for head, _ in our_rates(config, losses=[1.0] * EPOCHS)]
    assert rates[5] == rates[6] == pytest.approx(HEAD)
    assert rates[8] == pytest.approx(HEAD / 2)


def test_warm_up_as_long_as_the_stage_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"warmup_epochs to be below the stage's 20 epochs but got 20"):
        our_rates(ScheduleConfig(warmup_epochs=20))


def test_minimum_above_a_learning_rate_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"minimum .*0\.001.*0\.003, 0\.0005"):
        our_rates(ScheduleConfig(name="cosine", minimum=1e-3))
