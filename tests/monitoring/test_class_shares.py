"""The estimate of how often each class comes."""

import numpy as np
import pytest

from medimage.monitoring.class_shares import estimate_class_shares, weights_for_shares

KNOWN = np.array([0.5, 0.3, 0.2])
CENTRES = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0]])


def drawn(shares: np.ndarray, images: int, *, seed: int) -> np.ndarray:
    """Returns the exact probabilities, by Bayes, of images of classes whose features are normal."""
    generator = np.random.default_rng(seed)
    features = CENTRES[generator.choice(3, images, p=shares)] + generator.normal(size=(images, 2))
    squared = ((features[:, np.newaxis] - CENTRES) ** 2).sum(axis=2)
    likelihood = KNOWN * np.exp(-squared / 2)
    return likelihood / likelihood.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("shares", [(0.5, 0.3, 0.2), (0.1, 0.3, 0.6), (0.9, 0.05, 0.05)])
def test_shares_are_found_although_single_answers_are_often_wrong(shares: tuple[float, ...]) -> None:
    found = estimate_class_shares(drawn(np.array(shares), 20_000, seed=1), known_shares=KNOWN)
    assert found == pytest.approx(shares, abs=0.02)
    assert found.sum() == pytest.approx(1)


def test_weights_turn_the_reference_into_images_of_other_shares() -> None:
    wanted = np.array([0.1, 0.3, 0.6])
    reference = drawn(KNOWN, 20_000, seed=2)
    weights = weights_for_shares(reference, known_shares=reference.mean(axis=0), shares=wanted)
    now = drawn(wanted, 20_000, seed=3)
    assert np.average(reference, axis=0, weights=weights) == pytest.approx(now.mean(axis=0), abs=0.02)
    assert weights.mean() == pytest.approx(1)


def test_a_class_that_the_reference_lacks_gives_finite_shares() -> None:
    probabilities = np.array([[1.0, 0.0], [0.5, 0.5]])
    found = estimate_class_shares(probabilities, known_shares=np.array([1.0, 0.0]))
    assert np.isfinite(found).all()
