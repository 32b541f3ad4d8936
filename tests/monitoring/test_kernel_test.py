"""Whether two samples of points are of one distribution."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics.pairwise import rbf_kernel

from medimage.monitoring.kernel_test import PointSamples
from tests.support.scipy_tests import SCIPY


def drawn(images: int, *, seed: int, new: float = 0.0, coordinates: int = 6) -> np.ndarray:
    """Returns points of which a part, at the end, is of another place."""
    points = np.random.default_rng(seed).normal(size=(images, coordinates))
    points[images - round(new * images) :, 0] += 2.5
    return points


def kernel_of(reference: np.ndarray, window: np.ndarray) -> np.ndarray:
    """Returns scikit-learn's kernel, of a width that is a quarter of the median squared distance in the reference."""
    squared = ((reference[:, np.newaxis] - reference[np.newaxis]) ** 2).sum(axis=-1)
    median = np.median(squared[np.triu_indices(len(reference), 1)])
    return rbf_kernel(np.concatenate([reference, window]), gamma=4 / median)


@pytest.mark.parametrize("new", [0.0, 0.05, 0.1, 0.15])
def test_the_p_value_is_near_that_of_shuffling_the_images(new: float) -> None:
    reference, window = drawn(90, seed=1), drawn(120, seed=2, new=new)
    kernel = kernel_of(reference, window)
    signed = np.repeat([-1 / 90, 1 / 120], [90, 120])
    generator = np.random.default_rng(0)
    shuffled = np.stack([generator.permutation(signed) for _ in range(20_000)])
    chances = np.einsum("ij,ij->i", shuffled @ kernel, shuffled)
    expected = (chances >= signed @ kernel @ signed).mean()
    assert PointSamples(reference, window).difference().p_value == pytest.approx(expected, rel=0.25, abs=0.002)


def test_where_nothing_changed_p_values_are_spread_evenly() -> None:
    found = [
        PointSamples(drawn(60, seed=2 * seed), drawn(80, seed=2 * seed + 1)).difference().p_value for seed in range(400)
    ]
    assert SCIPY.kstest(found, "uniform").pvalue > 0.01


def test_a_part_that_no_coordinate_alone_tells_is_told() -> None:
    window = drawn(500, seed=2, coordinates=32)
    window[:100] += 0.7
    reference = drawn(400, seed=1, coordinates=32)
    alone = min(SCIPY.ks_2samp(reference[:, each], window[:, each]).pvalue for each in range(32))
    together = PointSamples(reference, window).difference().p_value
    assert together < 1e-6 < alone


def test_two_clouds_of_one_mean_and_spread_are_told_apart() -> None:
    generator = np.random.default_rng(0)
    reference = generator.normal(size=(500, 2))
    window = generator.normal(scale=0.3, size=(500, 2)) + np.where(generator.random((500, 1)) < 0.5, 0.95, -0.95)
    reference = reference @ np.linalg.cholesky(np.cov(window.T)).T
    assert PointSamples(reference, window).difference().p_value < 1e-6


def test_a_known_part_that_counts_for_more_is_no_difference() -> None:
    reference, window = drawn(600, seed=1, new=0.2), drawn(600, seed=2, new=0.5)
    weights = np.repeat([0.5 / 0.8, 0.5 / 0.2], [480, 120])
    assert PointSamples(reference, window).difference().p_value < 1e-6
    assert PointSamples(reference, window, weights=weights).difference().p_value > 0.05


def of_patients(patients: int, *, images: int, seed: int, alike: float = 0.9, shift: float = 0.0) -> np.ndarray:
    """Returns points of patients, one patient after the other, in as many coordinates as are compared."""
    generator = np.random.default_rng(seed)
    spread = 1 / np.sqrt(1 + np.arange(32))
    common = np.repeat(generator.normal(size=(patients, 32)), images, axis=0)
    points = np.sqrt(alike) * common + np.sqrt(1 - alike) * generator.normal(size=common.shape)
    points[:, 0] += shift
    return points * spread


def test_images_of_one_patient_make_a_difference_less_sure() -> None:
    both = drawn(400, seed=1), drawn(400, seed=2, new=0.3)
    assert PointSamples(*both, images_per_case=3).difference().p_value > PointSamples(*both).difference().p_value


@pytest.mark.parametrize(("images", "stated"), [(2, 1.0), (2, 2.0), (4, 4.0), (10, 10.0)])
def test_patients_with_several_images_are_no_drift(images: int, stated: float) -> None:
    found = [
        PointSamples(
            of_patients(300, images=1, seed=2 * seed),
            of_patients(600 // images, images=images, seed=2 * seed + 1),
            images_per_case=stated,
        ).difference()
        for seed in range(40)
    ]
    assert sum(each.p_value <= 0.005 and each.size >= 0.1 for each in found) <= 2


@pytest.mark.parametrize(("images", "shift"), [(1, 0.8), (2, 0.8), (4, 1.2)])
def test_a_shift_is_told_also_where_patients_have_several_images(images: int, shift: float) -> None:
    found = [
        PointSamples(
            of_patients(300, images=1, seed=2 * seed),
            of_patients(300, images=images, seed=2 * seed + 1, shift=shift),
            images_per_case=images,
        ).difference()
        for seed in range(10)
    ]
    assert sum(each.p_value <= 0.005 for each in found) >= 9


def test_few_images_against_many_have_p_values_that_are_spread_evenly_and_tell_a_shift() -> None:
    def found(shift: float) -> list[float]:
        return [
            PointSamples(
                drawn(50, seed=2 * seed, coordinates=32), drawn(1000, seed=2 * seed + 1, coordinates=32) + shift
            )
            .difference()
            .p_value
            for seed in range(60)
        ]

    assert SCIPY.kstest(found(0.0), "uniform").pvalue > 0.01
    assert np.mean(np.array(found(0.3)) < 0.05) > 0.9


def test_weights_that_leave_too_few_images_prove_nothing() -> None:
    weights = np.repeat([0.01, 1.0], [180, 20])
    assert PointSamples(drawn(200, seed=1), 3 + drawn(200, seed=2), weights=weights).difference().p_value == 1.0


@pytest.mark.parametrize("value", [0.0, 0.1, 1e6])
def test_points_that_do_not_vary_are_no_difference(value: float) -> None:
    found = PointSamples(np.full((60, 4), value), np.full((80, 4), value)).difference()
    assert (found.size, found.p_value) == (0.0, 1.0)


def test_two_kinds_that_come_in_turns_are_both_compared() -> None:
    window = drawn(2999, seed=2)
    window[1::2] += 1.0
    assert PointSamples(drawn(1000, seed=1), window).difference().p_value < 1e-6


def test_where_a_sample_is_larger_than_is_compared_what_came_last_counts_as_well() -> None:
    reference, window = drawn(4000, seed=1), drawn(20_000, seed=2, new=0.1)
    samples = PointSamples(reference, window)
    assert samples.difference().p_value < 1e-3
    like = samples.likeness()
    assert like.window.shape == (20_000,)
    assert like.window[18_000:].mean() > like.window[:18_000].mean() + 0.005


def test_no_point_is_like_the_window_because_it_is_of_it() -> None:
    like = PointSamples(drawn(200, seed=1), drawn(200, seed=2)).likeness()
    assert SCIPY.ks_2samp(like.reference, like.window).pvalue > 0.01


@given(st.integers(2, 40), st.integers(2, 40), st.sampled_from([0.0, 1.0, 1e-150, 1e100]))
def test_whatever_the_points_there_is_an_answer(before: int, now: int, scale: float) -> None:
    samples = PointSamples(scale * drawn(before, seed=1), scale * drawn(now, seed=2))
    found = samples.difference()
    assert 0 <= found.p_value <= 1
    assert 0 <= found.size <= 1
    assert np.isfinite(samples.likeness().window).all()
