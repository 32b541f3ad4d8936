import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA
from sklearn.preprocessing import normalize

from medimage.export.fit_embedding_reference import fit_embedding_reference
from medimage.serving.quality.embedding_reference import EmbeddingReference


def cloud(images: int, *, width: int = 20, seed: int = 0, shift: float = 0) -> np.ndarray:
    """Embeddings that vary much in a few directions and little in the others."""
    rng = np.random.default_rng(seed)
    scales = np.geomspace(5, 0.01, width)
    turned, _ = np.linalg.qr(np.random.default_rng(99).normal(size=(width, width)))
    return ((rng.normal(size=(images, width)) * scales) @ turned + shift).astype(np.float32)


def fitted(training: np.ndarray, held_out: np.ndarray) -> EmbeddingReference:
    reference = fit_embedding_reference(training, held_out)
    assert reference is not None
    return reference


@pytest.mark.parametrize(("images", "width"), [(400, 20), (30, 20), (60, 100)])
def test_distance_is_that_of_probabilistic_principal_components(images: int, width: int) -> None:
    training, others = cloud(images, width=width), cloud(5, width=width, seed=1)
    reference = fitted(training, others)
    components = min(64, images // 2, width - 1)
    directed = normalize(training.astype(np.float64))
    oracle = PCA(n_components=components, svd_solver="full").fit(directed)
    # scikit-learn takes the mean of the smaller variances that there are; there are none beyond the number of images.
    centered = directed - directed.mean(axis=0)
    everything = (centered**2).sum() / (images - 1)
    remaining = (everything - oracle.explained_variance_.sum()) / (width - components)
    covariance = oracle.components_.T @ np.diag(oracle.explained_variance_ - remaining) @ oracle.components_
    inverse = np.linalg.inv(covariance + remaining * np.eye(width))
    for other in others:
        from_mean = normalize(other[np.newaxis])[0] - oracle.mean_
        expected = np.sqrt(from_mean @ inverse @ from_mean / width)
        assert reference.distance(other) == pytest.approx(expected, rel=1e-3)


def test_training_images_are_about_one_standard_deviation_away() -> None:
    training = cloud(2000)
    reference = fitted(training, training)
    assert np.mean([reference.distance(each) ** 2 for each in training]) == pytest.approx(1, rel=0.02)


def test_one_in_a_hundred_like_images_is_beyond_the_limit() -> None:
    shares = []
    for seed in range(20):
        reference = fitted(cloud(300, seed=3 * seed), cloud(199, seed=3 * seed + 1))
        later = cloud(1000, seed=3 * seed + 2)
        shares.append(np.mean([reference.distance(each) > reference.largest_distance for each in later]))
    assert reference.rarely == pytest.approx(0.01)
    assert 0.002 < np.mean(shares) < 0.018


def test_what_varies_in_directions_that_training_images_do_not_is_far() -> None:
    training = cloud(500)
    reference = fitted(training, cloud(200, seed=1))
    _, _, directions = np.linalg.svd(training - training.mean(axis=0), full_matrices=False)
    for quiet in (directions[-1], -100 * directions[-1]):
        assert reference.distance(quiet.astype(np.float32)) > 20 * reference.largest_distance


def test_contrast_alone_makes_no_difference() -> None:
    training = cloud(100)
    reference = fitted(training, training)
    assert reference.distance(7 * training[0]) == pytest.approx(reference.distance(training[0]), rel=1e-5)
    assert np.isfinite(reference.distance(0 * training[0]))


@settings(deadline=None, max_examples=50)
@given(images=st.integers(2, 30), width=st.integers(2, 30), held_out=st.integers(1, 10), seed=st.integers(0, 99))
def test_any_numbers_of_images_and_features_give_a_reference_that_travels(
    images: int, width: int, held_out: int, seed: int
) -> None:
    others = cloud(held_out, width=width, seed=seed + 1)
    reference = fitted(cloud(images, width=width, seed=seed), others)
    same = EmbeddingReference.from_dict(reference.to_dict())
    for other in others:
        assert same.distance(other) == reference.distance(other)
        assert np.isfinite(reference.distance(other))
    beyond = [reference.distance(other) > reference.largest_distance for other in others]
    assert sum(beyond) == 0


def test_features_that_no_training_image_has_are_far_and_finite() -> None:
    training = cloud(50)
    training[:, 3] = 0
    reference = fitted(training, training)
    alive = training[0].copy()
    alive[3] = 5
    assert reference.largest_distance < reference.distance(alive) < np.inf


@pytest.mark.parametrize(
    ("training", "held_out"),
    [
        (cloud(1), cloud(5)),
        (cloud(9), cloud(0)),
        (np.outer(np.arange(1, 10), np.ones(4)).astype(np.float32), cloud(3)[:, :4]),
    ],
)
def test_without_images_or_differences_there_is_none(training: np.ndarray, held_out: np.ndarray) -> None:
    assert fit_embedding_reference(training, held_out) is None
