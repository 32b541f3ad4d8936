import numpy as np

from medimage.evaluation.explanation.shared_cases import select_shared_cases

LABELS = np.array([0, 0, 0, 0, 1, 1])
TRUTH = np.array([0.9, 0.9, 0.2, 0.6, 0.8, 0.3])
OTHER = np.array([0.8, 0.1, 0.1, 0.4, 0.7, 0.2])


def probabilities(of_truth: np.ndarray) -> np.ndarray:
    both = np.stack([of_truth, 1 - of_truth], axis=1)
    return np.where((LABELS == 0)[:, None], both, both[:, ::-1])


def test_disagreement_comes_first_then_what_all_get_wrong_then_ordinary_images():
    rows = select_shared_cases(LABELS, [probabilities(TRUTH), probabilities(OTHER)], per_class=4)
    assert rows.tolist() == [1, 3, 2, 0, 5, 4]


def test_every_class_has_so_many_at_most():
    rows = select_shared_cases(LABELS, [probabilities(TRUTH), probabilities(OTHER)], per_class=1)
    assert rows.tolist() == [1, 5]
