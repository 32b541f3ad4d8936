import numpy as np
import pytest

from medimage.export.fit_intensity_reference import fit_intensity_reference
from tests.support.histograms import counts, fitted


def test_one_of_a_hundred_images_of_the_same_kind_is_beyond() -> None:
    reference = fitted(held_out=2000)
    distances = np.array([reference.distance(one / 400) for one in counts(4, images=4000)])
    assert 0.002 < (distances > reference.largest_distance).mean() < 0.02
    assert reference.rarely <= 0.01


def test_with_few_images_the_largest_distance_counts_and_says_how_rare_it_is() -> None:
    reference = fitted(held_out=9)
    distances = [reference.distance(one / 400) for one in counts(2, images=9)]
    assert reference.largest_distance == pytest.approx(max(distances), abs=1e-3)
    assert reference.rarely == pytest.approx(0.1)


def test_black_and_white_shares_are_limited_by_held_out_images() -> None:
    training = np.zeros((5, 1, 256), np.int64)
    training[:, 0, 0], training[:, 0, 100], training[:, 0, 255] = 60, 30, 10
    reference = fit_intensity_reference(training, training)
    assert reference is not None
    assert (reference.largest_black, reference.largest_white) == (0.6, 0.1)


@pytest.mark.parametrize(("training", "held_out"), [(0, 5), (5, 0)])
def test_without_images_there_is_no_reference(training: int, held_out: int) -> None:
    empty = np.zeros((0, 1, 256), np.int64)
    parts = [counts(1, images=number) if number else empty for number in (training, held_out)]
    assert fit_intensity_reference(*parts) is None
