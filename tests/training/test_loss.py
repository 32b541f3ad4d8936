import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.utils.class_weight import compute_class_weight

from medimage.errors import ConfigurationError, TrainingError
from medimage.training.loss import build_loss, class_weights

CLASSES = ("a", "b", "c")


@given(st.lists(st.integers(0, 2), min_size=3, max_size=60).filter(lambda labels: len(set(labels)) == 3))
def test_auto_weights_equal_scikit_learns_balanced_ones(labels: list[int]) -> None:
    expected = compute_class_weight("balanced", classes=np.arange(3), y=labels)
    np.testing.assert_allclose(class_weights(np.array(labels), classes=CLASSES, setting="auto"), expected)


def test_no_weights_are_ones() -> None:
    assert class_weights(np.array([0, 0, 1]), classes=CLASSES, setting="none").tolist() == [1, 1, 1]


def test_given_weights_follow_the_order_of_the_classes() -> None:
    weights = class_weights(np.array([0, 1, 2]), classes=CLASSES, setting={"c": 3.0, "a": 1.0, "b": 2.0})
    assert weights.tolist() == [1, 2, 3]


def test_given_weights_must_name_every_class() -> None:
    with pytest.raises(ConfigurationError, match=r"\['a', 'b', 'c'\] but got \['a', 'x'\]"):
        class_weights(np.array([0, 1, 2]), classes=CLASSES, setting={"a": 1.0, "x": 2.0})


def test_auto_weights_of_an_absent_class_are_refused() -> None:
    with pytest.raises(TrainingError, match=r"none of \['b'\]"):
        class_weights(np.array([0, 2, 2]), classes=CLASSES, setting="auto")


def test_loss_smooths_labels_and_weighs_classes() -> None:
    logits, labels = (
        torch.randn(8, 3, generator=torch.Generator().manual_seed(0)),
        torch.tensor([0, 1, 2, 0, 0, 1, 2, 2]),
    )
    weights, smoothing = np.array([1.0, 2.0, 0.5]), 0.1
    targets = torch.nn.functional.one_hot(labels, 3) * (1 - smoothing) + smoothing / 3
    weighted = -(targets * torch.tensor(weights) * logits.log_softmax(1)).sum() / torch.tensor(weights)[labels].sum()
    assert build_loss(weights, label_smoothing=smoothing)(logits, labels).item() == pytest.approx(
        weighted.item(), rel=1e-5
    )
