"""How often gaps are flagged that are none, and how often true ones are."""

import numpy as np
import pytest
from numpy.typing import NDArray

from medimage.config.evaluation import EvaluationConfig
from medimage.evaluation.subgroups.flag import Levels, compare_and_flag
from medimage.evaluation.subgroups.gap import Gap
from tests.support.simulated_subgroups import simulated_answers

CONFUSION = np.array([[0.80, 0.15, 0.05], [0.02, 0.95, 0.03], [0.10, 0.20, 0.70]])
"""Classes are recognised unequally, and are taken for each other unequally: mixes alone move accuracy."""

MIXED = {
    "sex": np.array([[0.5, 0.5], [0.3, 0.7], [0.8, 0.2]]),
    "age": np.array([[0.5, 0.3, 0.2], [0.1, 0.3, 0.6], [0.3, 0.4, 0.3]]),
    "site": np.array([[0.4, 0.3, 0.2, 0.1], [0.25, 0.25, 0.25, 0.25], [0.1, 0.2, 0.3, 0.4]]),
}

REPORTS = 100


def flagged(
    seed: int, *, confusion_of: dict[tuple[str, int], NDArray[np.float64]] | None = None, **settings: object
) -> list[tuple[str, int, Gap]]:
    values = {"cases": 400, "images_per_case": 1, "confusion": CONFUSION, "shares": MIXED, **settings}
    answers, levels = simulated_answers(np.random.default_rng(seed), confusion_of=confusion_of, **values)  # type: ignore[arg-type]
    columns = {
        name: Levels(names=tuple(f"level {code}" for code in range(values["shares"][name].shape[1])), codes=codes)  # type: ignore[index]
        for name, codes in levels.items()
    }
    found = compare_and_flag(answers, columns, EvaluationConfig())
    return [
        (name, level, gap)
        for name, gaps in found.items()
        for level, own in enumerate(gaps)
        for gap in own
        if gap.is_flagged
    ]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"cases": 150, "images_per_case": 4, "correlation": 0.8},
        {"cases": 150, "images_per_case": 4, "correlation": 0.8, "within_case": ("sex", "age", "site")},
    ],
    ids=["one image each", "patients repeat", "patients are in several levels"],
)
def test_without_a_true_gap_at_most_one_report_in_twenty_has_a_flag(settings: dict[str, object]) -> None:
    with_flags = sum(bool(flagged(seed, **settings)) for seed in range(REPORTS))
    assert with_flags <= 0.05 * REPORTS


def test_a_large_true_gap_is_flagged_nearly_always_and_where_it_is() -> None:
    good, bad = np.full((2, 2), 0.05), np.full((2, 2), 0.30)
    np.fill_diagonal(good, 0.95)
    np.fill_diagonal(bad, 0.70)
    shares = {"scanner": np.full((2, 2), 0.5), "sex": np.full((2, 2), 0.5), "site": np.full((2, 3), 1 / 3)}
    found = 0
    for seed in range(40):
        flags = flagged(seed, cases=300, confusion=good, shares=shares, confusion_of={("scanner", 1): bad})
        found += any(name == "scanner" and level == 1 and gap.difference.value < 0 for name, level, gap in flags)
        assert {name for name, _, _ in flags} <= {"scanner"}
    assert found >= 39
