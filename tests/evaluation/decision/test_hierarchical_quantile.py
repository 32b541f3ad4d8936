import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medimage.evaluation.decision.hierarchical_quantile import groups_needed, upper_quantile_of_next


@given(
    scores=st.lists(st.floats(0, 1), min_size=1, max_size=60),
    coverage=st.floats(0.5, 0.98),
)
def test_single_images_give_the_quantile_of_split_conformal_prediction(scores: list[float], coverage: float) -> None:
    rank = math.ceil((len(scores) + 1) * coverage - 1e-9)
    expected = sorted(scores)[rank - 1] if rank <= len(scores) else math.inf
    assert upper_quantile_of_next(np.array(scores), np.arange(len(scores)), coverage=coverage) == expected


@pytest.mark.parametrize("copies", [2, 5])
def test_copies_of_every_image_change_nothing(copies: int) -> None:
    scores = np.random.default_rng(0).random(40)
    once = upper_quantile_of_next(scores, np.arange(40), coverage=0.9)
    again = upper_quantile_of_next(np.repeat(scores, copies), np.repeat(np.arange(40), copies), coverage=0.9)
    assert once == again


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.9, 0.95])
def test_as_many_groups_as_are_needed_suffice_and_one_less_does_not(coverage: float) -> None:
    needed = groups_needed(coverage)
    scores = np.linspace(0, 1, needed)
    assert math.isfinite(upper_quantile_of_next(scores, np.arange(needed), coverage=coverage))
    assert upper_quantile_of_next(scores[1:], np.arange(needed - 1), coverage=coverage) == math.inf


def test_no_score_gives_no_bound() -> None:
    assert upper_quantile_of_next(np.zeros(0), np.zeros(0, np.int64), coverage=0.9) == math.inf


def test_scores_without_groups_are_refused() -> None:
    with pytest.raises(ValueError, match="one group for each score"):
        upper_quantile_of_next(np.zeros(3), np.zeros(2, np.int64), coverage=0.9)


@pytest.mark.parametrize(("patients", "spread"), [(20, 0.0), (20, 3.0), (60, 3.0)])
def test_the_next_patients_images_are_covered_however_alike_images_of_a_patient_are(
    patients: int, spread: float
) -> None:
    """4,000 simulated validation sets of one to six images a patient, and one new patient each."""
    generator = np.random.default_rng(1)
    covered = []
    for _ in range(4000):
        sizes = generator.integers(1, 7, patients + 1)
        groups = np.repeat(np.arange(patients + 1), sizes)
        scores = generator.normal(size=len(groups)) + spread * generator.normal(size=patients + 1)[groups]
        known = groups < patients
        limit = upper_quantile_of_next(scores[known], groups[known], coverage=0.9)
        covered.append(np.mean(scores[~known] <= limit))
    # Three standard errors of the simulation.
    assert np.mean(covered) >= 0.9 - 3 * np.std(covered) / math.sqrt(4000)
