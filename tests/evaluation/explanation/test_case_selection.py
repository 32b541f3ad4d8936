import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from medimage.evaluation.explanation.case_selection import select_cases


@st.composite
def predictions(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    count, classes = draw(st.integers(0, 40)), draw(st.integers(2, 5))
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return generator.integers(0, classes, count), generator.dirichlet(np.ones(classes), count)


@given(predictions(), st.integers(1, 8))
def test_selection_takes_each_image_once_for_a_true_reason(case: tuple[np.ndarray, np.ndarray], per_class: int) -> None:
    labels, probabilities = case
    chosen = select_cases(labels, probabilities, per_class=per_class)
    rows = [row for row, _ in chosen]
    assert len(set(rows)) == len(rows)
    assert all(np.count_nonzero(labels[rows] == label) <= per_class for label in range(probabilities.shape[1]))
    for row, kind in chosen:
        assert (kind == "wrong") == (probabilities[row].argmax() != labels[row])


@given(predictions(), st.integers(1, 8))
def test_selection_leaves_no_class_out(case: tuple[np.ndarray, np.ndarray], per_class: int) -> None:
    labels, probabilities = case
    chosen = [row for row, _ in select_cases(labels, probabilities, per_class=per_class)]
    assert set(labels[chosen]) == set(labels)


def test_selection_shows_the_most_misleading_and_the_least_certain_first() -> None:
    labels = np.zeros(6, dtype=np.int64)
    certain_of_first = np.array([0.9, 0.55, 0.2, 0.05, 0.8, 0.85])
    probabilities = np.stack([certain_of_first, 1 - certain_of_first], axis=1)
    assert select_cases(labels, probabilities, per_class=3)[:2] == [(3, "wrong"), (1, "uncertain")]


@given(predictions(), st.integers(3, 8))
def test_selection_shows_wrong_uncertain_and_ordinary_images_of_every_class_that_has_them(
    case: tuple[np.ndarray, np.ndarray], per_class: int
) -> None:
    labels, probabilities = case
    right = probabilities.argmax(axis=1) == labels
    chosen = select_cases(labels, probabilities, per_class=per_class)
    for label in np.unique(labels):
        kinds = {kind for row, kind in chosen if labels[row] == label}
        of_class = right[labels == label]
        assert ("wrong" in kinds) == bool((~of_class).any())
        assert ("uncertain" in kinds) == bool(of_class.any())
        if of_class.sum() > max(1, per_class // 3):
            assert "correct" in kinds
