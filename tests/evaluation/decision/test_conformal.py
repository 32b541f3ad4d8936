import numpy as np
import pytest

from medimage.decision.conformal_sets import ConformalSets
from medimage.evaluation.decision.fit_conformal_sets import fit_conformal_sets
from tests.evaluation.decision.test_operating_point import scores_of


def test_sets_hold_the_true_class_of_new_images_with_the_stated_chance_for_every_class() -> None:
    new = scores_of(images=6000, skill=2.0, seed=10_000)
    covered = []
    for seed in range(120):
        sets = fit_conformal_sets(scores_of(images=180, skill=2.0, seed=seed), coverage=0.95, minimum_cases=20)
        members = sets.members(new.probabilities)
        covered.append([members[new.labels == index, index].mean() for index in range(3)])
    assert np.all(np.mean(covered, axis=0) >= 0.945)
    assert np.all(np.mean(covered, axis=0) <= 0.98)


def test_a_class_with_few_cases_is_in_every_set_and_said() -> None:
    scores = scores_of(images=180)
    few = np.flatnonzero((scores.labels != 2) | (np.arange(180) < 30))
    rare = type(scores)(
        probabilities=scores.probabilities[few], labels=scores.labels[few], groups=scores.groups[few],
        classes=scores.classes,
    )  # fmt: skip
    sets = fit_conformal_sets(rare, coverage=0.95, minimum_cases=20)
    assert sets.thresholds["tb"] == 0.0
    assert (
        sets.reason == "tb is in every set: 10 independent validation cases, fewer than the 20 that a threshold needs"
    )
    assert sets.members(scores.probabilities)[:, 2].all()


def test_without_enough_cases_of_any_class_there_are_no_sets() -> None:
    sets = fit_conformal_sets(scores_of(images=30), coverage=0.95, minimum_cases=20)
    assert sets.thresholds == {}
    assert "covid: 10 independent" in sets.reason
    with pytest.raises(ValueError, match="Expected fitted sets"):
        sets.members(np.ones((1, 3)) / 3)


def test_sets_survive_a_trip_through_plain_values() -> None:
    sets = fit_conformal_sets(scores_of(), coverage=0.9, minimum_cases=20)
    assert ConformalSets.from_dict(sets.to_dict()) == sets


def test_sets_without_thresholds_need_a_reason() -> None:
    with pytest.raises(ValueError, match="reason"):
        ConformalSets(thresholds={}, coverage=0.9, cases={})
