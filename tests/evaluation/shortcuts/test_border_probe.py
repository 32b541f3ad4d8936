import numpy as np
import pytest

from medimage.evaluation.shortcuts.border_probe import told_from_border

NAMES = ("a", "b", "c")
LABELS = np.arange(150) % 3
GROUPS = np.arange(150) // 3
"""Patients with an image of each class, so that no class is known by its patients."""


def test_a_border_that_shows_the_answer_is_found() -> None:
    features = np.random.default_rng(0).normal(100, 10, (150, 8))
    features[:, 3] += 40 * LABELS
    told = told_from_border(features, LABELS, GROUPS, NAMES, kind="class", seed=0)
    assert told.balanced_accuracy.low > 0.85
    assert told.informedness["c"].low > 0.75


def test_borders_of_noise_give_chance() -> None:
    found, above = [], 0
    for seed in range(40):
        features = np.random.default_rng(seed).normal(100, 10, (150, 8))
        told = told_from_border(features, LABELS, GROUPS, NAMES, kind="class", seed=seed)
        found.append(told.balanced_accuracy.value)
        above += told.balanced_accuracy.low > told.chance
    assert np.mean(found) == pytest.approx(1 / 3, abs=0.02)
    assert above <= 4


def test_borders_that_are_black_everywhere_give_chance() -> None:
    told = told_from_border(np.zeros((150, 8)), LABELS, GROUPS, NAMES, kind="class", seed=0)
    assert told.balanced_accuracy.value == pytest.approx(1 / 3)


def test_an_image_is_never_answered_from_its_own_patient() -> None:
    # Each patient has a border of its own and one class: known patients would be told without a mistake.
    generator = np.random.default_rng(0)
    groups = np.arange(60) // 4
    features = generator.normal(0, 1, (15, 8))[groups] + generator.normal(0, 1e-3, (60, 8))
    labels = (np.arange(15) % 3)[groups]
    told = told_from_border(features, labels, groups, NAMES, kind="class", seed=0)
    assert told.balanced_accuracy.value < 0.7


@pytest.mark.parametrize(
    ("names", "groups", "reason"),
    [
        (("a",), np.arange(150), "there is only one class"),
        (NAMES, np.arange(150) // 50, "class a has 3 independent cases, fewer than the 5"),
    ],
)
def test_what_cannot_be_divided_is_told(names: tuple[str, ...], groups: np.ndarray, reason: str) -> None:
    told = told_from_border(np.zeros((150, 8)), LABELS % len(names), groups, names, kind="class", seed=0)
    assert reason in told.balanced_accuracy.reason
