import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medimage.evaluation.shortcuts.leakage import Leakage, measure_leakage
from medimage.evaluation.shortcuts.nearest import nearest_in_other_folds, similarities

NAMES = ("a", "b", "c")


def measured(*, alike: float, seed: int, patients: int = 90, images: int = 2) -> Leakage:
    """Measures images of noise whose patients are `alike` by that share (0: not at all, 1: copies)."""
    generator = np.random.default_rng(seed)
    groups = np.repeat(np.arange(patients), images)
    labels = groups % 3
    shown = alike * generator.normal(size=(patients, 40))[groups]
    shown += (1 - alike) * generator.normal(size=(len(groups), 40))
    small = np.clip(128 + 30 * shown, 0, 255).astype(np.uint8)
    return measure_leakage(similarities(small), labels, groups, NAMES, repetitions=5, seed=seed)


def test_copies_of_a_patients_image_leak_under_a_random_split_alone() -> None:
    leakage = measured(alike=0.9, seed=0)
    # In 5 folds a copy is elsewhere in about four of five cases, and chance gives a third of the rest.
    assert leakage.random.value == pytest.approx(0.8 + 0.2 / 3, abs=0.05)
    assert leakage.grouped.value == pytest.approx(1 / 3, abs=0.12)
    assert leakage.difference.low > 0.3
    assert leakage.difference.value == pytest.approx(leakage.random.value - leakage.grouped.value)


def test_patients_whose_images_are_not_alike_do_not_leak() -> None:
    leaks = [measured(alike=0.0, seed=seed).difference for seed in range(40)]
    assert sum(leak.low > 0 for leak in leaks) <= 4
    assert sum(leak.high < 0 for leak in leaks) <= 4
    assert np.mean([leak.value for leak in leaks]) == pytest.approx(0, abs=0.012)


def test_permuted_labels_are_at_chance_where_patients_stay_together_and_above_where_they_do_not() -> None:
    controls = [measured(alike=0.9, seed=seed) for seed in range(20)]
    held = [each.random_labels_grouped.low <= each.chance <= each.random_labels_grouped.high for each in controls]
    assert np.mean(held) >= 0.85
    assert min(each.random_labels_random.low for each in controls) > 0.7
    assert controls[0].chance == pytest.approx((90 - 3) / (3 * 89))


def test_the_same_seed_gives_the_same_figures() -> None:
    assert measured(alike=0.5, seed=3) == measured(alike=0.5, seed=3)


@pytest.mark.parametrize(
    ("patients", "images", "reason"),
    [
        (90, 1, "every image looked at is a case of its own"),
        (9, 4, "class a has 3 independent cases, fewer than the 5"),
    ],
)
def test_what_cannot_be_computed_is_told_and_not_zero(patients: int, images: int, reason: str) -> None:
    leakage = measured(alike=0.5, seed=0, patients=patients, images=images)
    assert reason in leakage.difference.reason
    assert not leakage.difference.is_defined
    assert not leakage.random_labels_grouped.is_defined


@given(st.integers(0, 2**32 - 1))
def test_the_nearest_image_is_the_most_correlated_one_of_another_fold(seed: int) -> None:
    generator = np.random.default_rng(seed)
    small = generator.integers(0, 256, (12, 4, 4, 1), dtype=np.uint8)
    folds = np.concatenate([[0, 1], generator.integers(0, 3, 10)])
    nearest = nearest_in_other_folds(similarities(small), folds)
    correlation = np.corrcoef(small.reshape(12, -1).astype(float))
    for image, found in enumerate(nearest.tolist()):
        others = [other for other in range(12) if folds[other] != folds[image]]
        assert found in others
        assert correlation[image, found] == pytest.approx(max(correlation[image, other] for other in others), abs=1e-5)


def test_an_image_of_one_value_resembles_nothing() -> None:
    small = np.stack([np.full((4, 4, 1), 7, np.uint8), np.arange(16, dtype=np.uint8).reshape(4, 4, 1)])
    np.testing.assert_allclose(similarities(small), [[0, 0], [0, 1]], atol=1e-6)
