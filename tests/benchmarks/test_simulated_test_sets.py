import numpy as np
import pytest

from benchmarks.gate_coverage import scenarios, share_that_passes
from benchmarks.support.simulated_test_sets import SIZES, Scenario


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("correlation", [0.0, 0.3, 1.0])
def test_images_are_recognised_as_often_as_the_scenario_says(sizes: str, correlation: float) -> None:
    generator = np.random.default_rng(0)
    kind = Scenario(sizes=sizes, patients=60, sensitivity=0.8, correlation=correlation)
    assert np.mean([kind.draw(generator)[0].mean() for _ in range(2000)]) == pytest.approx(0.8, abs=0.01)


def test_large_patients_that_are_harder_leave_the_sensitivity_as_it_is() -> None:
    generator = np.random.default_rng(0)
    kind = Scenario(sizes="1 to 8 images", patients=200, sensitivity=0.8, correlation=0.3, harder=0.15)
    rates, gaps = [], []
    for _ in range(1000):
        hits, patients = kind.draw(generator)
        sizes = np.bincount(patients)[patients]
        rates.append(hits.mean())
        gaps.append(hits[sizes <= 4].mean() - hits[sizes > 5].mean())
    assert np.mean(rates) == pytest.approx(0.8, abs=0.01)
    assert np.mean(gaps) == pytest.approx(0.15, abs=0.02)


def test_images_of_a_patient_are_as_alike_as_the_scenario_says() -> None:
    generator = np.random.default_rng(0)
    kind = Scenario(sizes="2 images each", patients=300, sensitivity=0.8, correlation=0.4)
    pairs = np.concatenate([kind.draw(generator)[0].reshape(-1, 2) for _ in range(200)])
    assert np.corrcoef(pairs.T)[0, 1] == pytest.approx(0.4, abs=0.02)


@pytest.mark.parametrize(
    "kind",
    [
        Scenario(sizes="1 image each", patients=60, sensitivity=0.8, correlation=0.0),
        Scenario(sizes="up to 50, most few", patients=300, sensitivity=0.8, correlation=1.0),
        Scenario(sizes="half have 1, a quarter 2, ...", patients=300, sensitivity=0.9, correlation=1.0),
    ],
    ids=str,
)
def test_a_sensitivity_at_the_threshold_hardly_ever_passes(kind: Scenario) -> None:
    # 2.5 % and three standard errors of a share of 2,000.
    assert share_that_passes(kind, test_sets=2000, seed=3) <= 0.025 + 3 * (0.025 * 0.975 / 2000) ** 0.5


def test_every_kind_of_sizes_and_patients_with_many_harder_images_are_simulated() -> None:
    kinds = scenarios()
    assert {kind.sizes for kind in kinds} == set(SIZES)
    assert any(kind.harder for kind in kinds)
    assert len(set(kinds)) == len(kinds)
