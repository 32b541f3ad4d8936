import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from medimage.training.validation_auroc import macro_auroc
from tests.support.training import TensorOnMps


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 10_000), images=st.integers(6, 60), classes=st.integers(3, 5), steps=st.sampled_from([2, 50])
)
def test_it_is_that_of_scikit_learn_also_with_ties(seed: int, images: int, classes: int, steps: int) -> None:
    generator = np.random.default_rng(seed)
    labels = generator.permutation(np.arange(images) % classes)
    # Few steps make many images tie.
    logits = np.round(generator.normal(size=(images, classes)) * steps) / steps
    probabilities = torch.softmax(torch.tensor(logits), dim=1).numpy()
    expected = roc_auc_score(labels, probabilities, multi_class="ovr", average="macro")
    assert macro_auroc(torch.tensor(logits), torch.tensor(labels)) == pytest.approx(expected, abs=1e-12)


def test_two_classes_have_the_area_of_one() -> None:
    labels, logits = torch.tensor([0, 0, 1, 1, 1]), torch.tensor([[1.0, 0], [0, 0.5], [0, 1], [0, 0.4], [2, 0]])
    expected = roc_auc_score(labels.numpy(), (logits[:, 1] - logits[:, 0]).numpy())
    assert macro_auroc(logits, labels) == pytest.approx(expected)


def test_classes_without_images_are_left_out() -> None:
    labels, logits = torch.tensor([0, 0, 1, 1]), torch.tensor([[2.0, 0, 9], [1, 0, 9], [0, 1, 9], [0, 2, 9]])
    assert macro_auroc(logits, labels) == 1.0
    assert macro_auroc(logits, torch.tensor([1, 1, 1, 1])) is None


def test_it_needs_no_float64_of_the_device() -> None:
    logits, labels = torch.tensor([[1.0, 0], [0, 0.5], [0, 1], [0, 0.4]]), torch.tensor([0, 0, 1, 1])
    assert macro_auroc(logits.as_subclass(TensorOnMps), labels) == macro_auroc(logits, labels)
