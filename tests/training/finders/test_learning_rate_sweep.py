import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medimage.errors import TrainingError
from medimage.training.finders.learning_rate_sweep import Sweep, has_diverged

RATES = np.geomspace(1e-7, 10, 100)


def fall(*, steepest: float, lowest: float, noise: float = 0.0, seed: int = 0) -> Sweep:
    """Returns a loss that falls as a logistic curve, and rises after its lowest point."""
    places = np.log10(RATES)
    losses = 2 - 1 / (1 + np.exp(-4 * (places - np.log10(steepest))))
    losses += np.maximum(0, places - np.log10(lowest)) ** 2 * 5
    losses += noise * np.random.default_rng(seed).standard_normal(len(RATES))
    return Sweep(learning_rates=RATES, losses=losses, diverged=True)


@given(place=st.floats(-5, -2.5), seed=st.integers(0, 99))
def test_suggestion_is_where_the_loss_falls_most_steeply_in_spite_of_noise(place: float, seed: int) -> None:
    sweep = fall(steepest=10**place, lowest=10 ** (place + 2), noise=0.05, seed=seed)
    assert np.log10(sweep.suggestion) == pytest.approx(place, abs=0.4)
    # Between the fall and the rise the loss is flat, so that its lowest point may be anywhere.
    assert place < np.log10(sweep.bound) < place + 2.5
    assert sweep.suggestion < sweep.bound


def test_smoothing_of_a_straight_line_is_the_line_up_to_its_ends() -> None:
    losses = 3 - 0.1 * np.log10(RATES)
    np.testing.assert_allclose(Sweep(learning_rates=RATES, losses=losses, diverged=False).smoothed, losses)


def test_the_jump_at_the_end_moves_nothing_before_it() -> None:
    sweep = fall(steepest=1e-4, lowest=1e-2)
    jumped = Sweep(learning_rates=RATES, losses=np.append(sweep.losses[:-1], 1e30), diverged=True)
    assert jumped.suggestion == sweep.suggestion
    assert jumped.bound == sweep.bound


def test_a_loss_that_only_rises_suggests_nothing() -> None:
    with pytest.raises(TrainingError, match="falls at no learning rate from 1e-07 to 1e"):
        _ = Sweep(learning_rates=RATES, losses=np.linspace(1, 2, 100), diverged=False).suggestion


def test_a_sweep_that_ends_at_once_is_explained() -> None:
    with pytest.raises(TrainingError, match=r"diverged after 12 steps, at a learning rate of .*e-07"):
        Sweep(learning_rates=RATES[:12], losses=np.ones(12), diverged=True)
    with pytest.raises(TrainingError, match="diverged after 0 steps"):
        Sweep(learning_rates=RATES[:0], losses=np.ones(0), diverged=True)


def test_divergence_is_a_loss_that_is_not_finite_or_far_above_the_lowest() -> None:
    assert not has_diverged(np.empty(0))
    assert not has_diverged(np.array([5.0, 1.0, 2.0]))
    assert has_diverged(np.array([1.0, np.nan]))
    assert has_diverged(np.array([1.0, np.inf]))
    assert not has_diverged(np.array([1.0] * 20 + [8.0])), "one batch may be unlucky"
    assert has_diverged(np.array([1.0] * 20 + [8.0] * 10))
