import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.utils.class_weight import compute_class_weight

from medimage.errors import ConfigurationError, TrainingError
from medimage.training.loss import build_loss, class_weights, target_weight

CLASSES = ("a", "b", "c")


@settings(deadline=None)
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


def mixed_targets() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    logits, shares = torch.randn(8, 3, generator=generator), torch.rand(8, 3, generator=generator)
    return logits, shares / shares.sum(1, keepdim=True)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("weights", [[1.0, 1.0, 1.0], [1.0, 2.0, 0.5]])
def test_loss_of_mixed_images_smooths_and_weighs_each_class_by_its_share(
    smoothing: float, weights: list[float]
) -> None:
    logits, shares = mixed_targets()
    expected, weight = 0.0, 0.0
    for image in range(8):
        for label in range(3):
            smoothed = (1 - smoothing) * shares[image, label].item() + smoothing / 3
            expected -= weights[label] * smoothed * logits[image].log_softmax(0)[label].item()
            weight += weights[label] * shares[image, label].item()
    found = build_loss(np.array(weights), label_smoothing=smoothing)(logits, shares)
    assert found.item() == pytest.approx(expected / weight, rel=1e-5)


def test_shares_of_one_class_alone_lose_what_its_label_does() -> None:
    logits, _ = mixed_targets()
    labels = torch.tensor([0, 1, 2, 0, 0, 1, 2, 2])
    loss = build_loss(np.array([1.0, 2.0, 0.5]), label_smoothing=0.1)
    shares = torch.nn.functional.one_hot(labels, 3).float()
    torch.testing.assert_close(loss(logits, shares), loss(logits, labels))
    torch.testing.assert_close(
        target_weight(shares, class_weights=loss.weight), target_weight(labels, class_weights=loss.weight)
    )


def test_images_without_class_weights_weigh_one_each() -> None:
    _, shares = mixed_targets()
    assert target_weight(shares, class_weights=None) == 8
