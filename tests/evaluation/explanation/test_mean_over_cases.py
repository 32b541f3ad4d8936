import numpy as np
import pytest
from scipy import stats

from medimage.evaluation.explanation.mean_over_cases import mean_over_cases


def names(codes: np.ndarray) -> tuple[str, ...]:
    return tuple(f"patient-{code}" for code in codes)


def test_interval_of_few_independent_images_is_that_of_students_t() -> None:
    values = np.array([0.3, 0.1, 0.5, 0.2, 0.4, 0.35])
    found = mean_over_cases(values, names(np.arange(6)), seed=0)
    low, high = stats.t.interval(0.95, df=5, loc=values.mean(), scale=stats.sem(values))
    assert (found.value, found.low, found.high) == pytest.approx((values.mean(), low, high))
    assert (found.n, found.groups) == (6, 6)


@pytest.mark.parametrize(("groups", "images"), [(4, 1), (6, 2), (12, 3), (40, 1)])
def test_interval_holds_the_true_mean_as_often_as_it_says_where_images_of_a_patient_are_alike(
    groups: int, images: int
) -> None:
    generator = np.random.default_rng(groups)
    codes = np.repeat(np.arange(groups), images)
    held = 0
    for trial in range(400):
        values = generator.normal(0.1, 0.2, groups)[codes] + generator.normal(0, 0.1, len(codes))
        found = mean_over_cases(values, names(codes), seed=trial)
        held += found.low <= 0.1 <= found.high
    # Three standard errors of a share of 0.95 over 400 trials are 0.033.
    assert held / 400 >= 0.95 - 0.033


def test_one_case_gives_no_interval() -> None:
    found = mean_over_cases(np.array([0.2, 0.4]), ("p", "p"), seed=0)
    assert found.value == pytest.approx(0.3)
    assert not found.has_interval
    assert found.reason == "all images are of one case"


def test_images_without_a_value_are_left_out_with_their_groups() -> None:
    found = mean_over_cases(np.array([0.2, np.nan, 0.4]), ("p", "q", "r"), seed=0)
    assert (found.value, found.n, found.groups) == (pytest.approx(0.3), 2, 2)


def test_no_value_at_all_is_undefined_with_the_reason() -> None:
    found = mean_over_cases(np.array([np.nan]), ("p",), seed=0, undefined="nothing to compare")
    assert not found.is_defined
    assert found.reason == "nothing to compare"


def test_interval_ends_where_values_end() -> None:
    found = mean_over_cases(np.array([0.1, 0.9, 0.95]), ("p", "q", "r"), seed=0, bounds=(0, 1))
    assert (found.low, found.high) == (0, 1)
    assert mean_over_cases(np.array([-0.9, 0.9]), ("p", "q"), seed=0).low == -1
