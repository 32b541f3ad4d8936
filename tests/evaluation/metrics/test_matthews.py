import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps
from scipy import stats
from sklearn.metrics import matthews_corrcoef

from medimage.evaluation.metrics.matthews import estimate_matthews, matthews_correlation, one_against_rest

COUNTS = nps.arrays(np.int64, st.integers(2, 5).map(lambda classes: (classes, classes)), elements=st.integers(0, 9))


@given(COUNTS)
def test_it_is_scikit_learns(counts: np.ndarray) -> None:
    rows, columns = np.nonzero(counts)
    labels, predicted = (np.repeat(indices, counts[rows, columns]) for indices in (rows, columns))
    found = float(matthews_correlation(counts.astype(float)))
    if len(set(labels)) < 2 or len(set(predicted)) < 2:
        # Where it is undefined, scikit-learn says 0.
        assert np.isnan(found)
    else:
        assert found == pytest.approx(matthews_corrcoef(labels, predicted))


@given(COUNTS, st.data())
def test_one_class_against_the_rest_counts_every_image_once(counts: np.ndarray, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(counts) - 1))
    (right_others, taken), (missed, found) = one_against_rest(counts.astype(float), index)
    assert found == counts[index, index]
    assert missed == counts[index].sum() - found
    assert taken == counts[:, index].sum() - found
    assert right_others + taken + missed + found == counts.sum()


def test_of_two_classes_it_is_pearsons_correlation() -> None:
    counts = np.array([[40.0, 10.0], [5.0, 20.0]])
    labels = np.repeat([0, 0, 1, 1], [40, 10, 5, 20])
    predicted = np.repeat([0, 1, 0, 1], [40, 10, 5, 20])
    assert float(matthews_correlation(counts)) == pytest.approx(stats.pearsonr(labels, predicted).statistic)


def test_resamples_are_measured_as_one_is() -> None:
    counts = np.random.default_rng(0).integers(0, 20, (6, 3, 3)).astype(float)
    expected = [float(matthews_correlation(each)) for each in counts]
    assert matthews_correlation(counts) == pytest.approx(expected)


def test_without_an_error_there_is_a_value_and_no_interval() -> None:
    counts = np.diag([30.0, 20.0])
    estimate = estimate_matthews(counts, np.stack([counts] * 10), cases=25, confidence=0.95)
    assert (estimate.value, estimate.has_interval, estimate.n, estimate.groups) == (1.0, False, 50, 25)
    assert "the same in every resample" in estimate.reason


def test_images_of_one_class_have_none() -> None:
    counts = np.array([[30.0, 20.0], [0.0, 0.0]])
    estimate = estimate_matthews(counts, counts[None], cases=50, confidence=0.95)
    assert not estimate.is_defined
    assert estimate.reason == "it takes test images of two classes"
    taken = estimate_matthews(counts.T, counts.T[None], cases=50, confidence=0.95)
    assert taken.reason == "all test images got the same answer"


@pytest.mark.parametrize("right", [True, False])
def test_a_single_image_that_was_taken_for_a_class_proves_nothing(right: bool) -> None:
    counts = np.array([[50.0, 0.0], [49.0, 1.0]] if right else [[49.0, 1.0], [50.0, 0.0]])
    # How often that image is in a resample; in a third of them it is not.
    drawn = np.random.default_rng(0).poisson(1, 500)
    resampled = np.stack([counts + (times - 1) * (counts == 1) for times in drawn])
    estimate = estimate_matthews(counts, resampled, cases=100, confidence=0.95)
    assert estimate.low <= 0 <= estimate.high


def test_classes_of_one_case_each_claim_no_certainty() -> None:
    counts = np.array([[0.0, 1.0], [1.0, 0.0]])
    estimate = estimate_matthews(counts, np.stack([counts] * 10), cases=2, confidence=0.95)
    assert (estimate.value, estimate.has_interval) == (-1.0, False)
    assert "the same in every resample" in estimate.reason
