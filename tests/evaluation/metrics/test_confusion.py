import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix as oracle

from medimage.evaluation.metrics.confusion import confusion_matrix


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=60))
def test_counts_match_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    labels, predicted = np.array(pairs).T
    expected = oracle(labels, predicted, labels=range(4))
    assert np.array_equal(confusion_matrix(labels, predicted, classes=4), expected)


@pytest.mark.parametrize(("labels", "predicted"), [([0, 3], [0, 0]), ([0, 0], [0, -1]), ([0], [0, 0])])
def test_what_is_no_class_is_refused(labels: list[int], predicted: list[int]) -> None:
    with pytest.raises(ValueError, match="Expected"):
        confusion_matrix(np.array(labels), np.array(predicted), classes=3)
