import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from medimage.errors import TrainingError
from medimage.training.inputs.sampling import draw_order, require_every_class

LABELS = np.repeat(np.arange(3), [400, 40, 4])


def draw(sampling: str, *, seed: int = 0, labels: np.ndarray = LABELS) -> np.ndarray:
    generator = torch.Generator().manual_seed(seed)
    return draw_order(labels, sampling=sampling, generator=generator)  # type: ignore[arg-type]


def test_shuffled_order_has_every_image_once() -> None:
    assert sorted(draw("shuffled")) == list(range(444))
    assert not np.array_equal(draw("shuffled"), np.arange(444))


def test_balanced_order_has_every_class_equally_often_and_as_many_images() -> None:
    orders = [draw("balanced", seed=seed) for seed in range(20)]
    assert all(len(order) == 444 for order in orders)
    counts = np.bincount(LABELS[np.concatenate(orders)])
    assert chisquare(counts).pvalue > 0.001


@pytest.mark.parametrize("label", [0, 1, 2])
def test_balanced_order_has_the_images_of_a_class_equally_often(label: int) -> None:
    drawn = np.concatenate([draw("balanced", seed=seed) for seed in range(20)])
    counts = np.bincount(drawn[LABELS[drawn] == label], minlength=444)[label == LABELS]
    assert chisquare(counts).pvalue > 0.001


def test_place_in_the_order_says_nothing_about_the_class() -> None:
    drawn = np.concatenate([draw("balanced", seed=seed) for seed in range(20)])
    halves = LABELS[drawn].reshape(20, 2, 222)
    assert chisquare(np.bincount(halves[:, 0].ravel())).pvalue > 0.001
    assert chisquare(np.bincount(halves[:, 1].ravel())).pvalue > 0.001


@pytest.mark.parametrize("sampling", ["shuffled", "balanced"])
def test_order_comes_from_the_generator_alone(sampling: str) -> None:
    torch.manual_seed(1)
    first = draw(sampling, seed=5)
    torch.manual_seed(2)
    assert np.array_equal(first, draw(sampling, seed=5))
    assert not np.array_equal(first, draw(sampling, seed=6))


def test_class_without_images_is_refused() -> None:
    require_every_class(LABELS, classes=("a", "b", "c"), setting="x")
    with pytest.raises(TrainingError, match=r"training\.sampling: balanced needs .* none of \['d'\]"):
        require_every_class(LABELS, classes=("a", "b", "c", "d"), setting="training.sampling: balanced")
