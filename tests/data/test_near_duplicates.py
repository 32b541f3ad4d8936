import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy.sparse.csgraph import connected_components

from medimage.data.audit.near_duplicates import near_duplicate_clusters
from medimage.data.audit.thumbnail import thumbnails
from medimage.data.synthetic import generate_phantoms
from medimage.serving.preprocessing import decode_image
from tests.support.images import textured

SIMILARITY = 0.97


def thumbnail(gray: np.ndarray) -> np.ndarray:
    return thumbnails(gray)[0]


def compared_each_with_each(thumbnails: np.ndarray, similarity: float) -> np.ndarray:
    """Clusters by every correlation there is, with the second image as it is, mirrored and turned in all eight ways."""
    pictures = thumbnails.reshape(-1, 32, 32)
    turned = [np.rot90(pictures, times, axes=(1, 2)) for times in range(4)]
    versions = [*turned, *(version[:, ::-1] for version in turned)]
    exact = thumbnails.astype(np.float64)
    near = [exact @ version.reshape(len(thumbnails), -1).T >= similarity - 1e-6 for version in versions]
    return connected_components(np.any(near, axis=0), directed=False)[1]


def pairs(clusters: np.ndarray) -> set[tuple[int, int]]:
    left, right = np.nonzero(np.triu(clusters[:, None] == clusters[None], k=1))
    return set(zip(left.tolist(), right.tolist(), strict=True))


def assert_equal_clusters(thumbnails: np.ndarray, similarity: float) -> int:
    """Compares with the clusters by all correlations and returns the number of pairs in one cluster."""
    expected = pairs(compared_each_with_each(thumbnails, similarity))
    assert pairs(near_duplicate_clusters(thumbnails, similarity=similarity)) == expected
    return len(expected)


def unit(values: np.ndarray) -> np.ndarray:
    values = values - values.mean(axis=1, keepdims=True)
    return (values / np.linalg.norm(values, axis=1, keepdims=True)).astype(np.float32)


@settings(deadline=None, max_examples=8)
@given(originals=st.integers(1, 300), copies=st.integers(0, 200), noise=st.floats(0, 0.6), seed=st.integers(0, 2**16))
def test_clusters_are_those_of_comparing_each_with_each(originals: int, copies: int, noise: float, seed: int) -> None:
    generator = np.random.default_rng(seed)
    base = generator.standard_normal((originals, 1024)) @ np.diag(np.linspace(3, 0.01, 1024) ** 2)
    copied = base[generator.integers(0, originals, copies)].reshape(-1, 32, 32)
    copied[::2] = copied[::2, :, ::-1]
    for times in (1, 2, 3):
        copied[times::5] = np.rot90(copied[times::5], times, axes=(1, 2))
    near = copied.reshape(-1, 1024) + noise * generator.standard_normal((copies, 1024))
    assert_equal_clusters(unit(np.concatenate([base, near])), SIMILARITY)


@pytest.mark.parametrize("similarity", [0.5, 0.9, 0.97, 1.0])
def test_chains_of_any_length_are_joined(similarity: float) -> None:
    steps = np.linspace(0, 2, 700)[:, None]
    first, second = np.random.default_rng(0).standard_normal((2, 1024))
    assert_equal_clusters(unit(np.cos(steps) * first + np.sin(steps) * second), similarity)


def test_equal_images_are_alike_at_a_similarity_of_1() -> None:
    once = np.stack([thumbnail(textured(seed, size=64)) for seed in range(200)])
    assert np.einsum("ij,ij->i", once, once).min() < 1
    clusters = near_duplicate_clusters(np.concatenate([once, once]), similarity=1.0)
    assert clusters[:200].tolist() == clusters[200:].tolist()
    assert len(set(clusters.tolist())) == 200


def test_images_of_one_value_are_like_no_other() -> None:
    thumbnails = np.concatenate([np.zeros((3, 1024), np.float32), unit(np.random.default_rng(0).random((2, 1024)))])
    assert len(set(near_duplicate_clusters(thumbnails, similarity=SIMILARITY).tolist())) == 5
    assert near_duplicate_clusters(thumbnails[:1], similarity=SIMILARITY).tolist() == [0]
    assert near_duplicate_clusters(thumbnails[:0], similarity=SIMILARITY).tolist() == []


@pytest.mark.real_images
@pytest.mark.parametrize(("data_set", "at_least"), [("brain4", 500), ("skin7", 0)])
def test_on_real_images_no_pair_is_missed_and_none_invented(real_images: Path, data_set: str, at_least: int) -> None:
    files = sorted((real_images / data_set).rglob("*.*g"))
    thumbnails = np.stack([thumbnail(decode_image(file.read_bytes(), color_mode="gray")[:, :, 0]) for file in files])
    assert len(files) > 1000
    assert assert_equal_clusters(thumbnails, SIMILARITY) >= at_least
    # So low that nearly everything is one chain: nothing is left out of it either.
    assert_equal_clusters(thumbnails, 0.85)


def jpeg(image: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer)


def cropped(image: Image.Image, share: float) -> Image.Image:
    x, y = image.width * share, image.height * share
    return image.crop((round(x), round(y), round(image.width - x), round(image.height - y)))


def resized(image: Image.Image, factor: float) -> Image.Image:
    return image.resize((round(image.width * factor), round(image.height * factor)), Image.Resampling.BILINEAR)


FOUND: dict[str, Callable[[Image.Image], Image.Image]] = {
    "brighter": lambda image: image.point([min(255, value + 20) for value in range(256)]),
    "less contrast": lambda image: image.point(lambda value: 30 + value * 0.6),
    "JPEG": lambda image: jpeg(image, 30),
    "half the size": lambda image: resized(image, 0.5),
    "enlarged": lambda image: resized(image, 1.7),
    "squeezed": lambda image: image.resize((96, 64), Image.Resampling.BILINEAR),
    "left and right exchanged": lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "top and bottom exchanged": lambda image: image.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
    "turned by 180 degrees": lambda image: image.transpose(Image.Transpose.ROTATE_180),
    "turned by 90 degrees": lambda image: image.transpose(Image.Transpose.ROTATE_90),
    "turned by 270 degrees": lambda image: image.transpose(Image.Transpose.ROTATE_270),
    "mirrored at a diagonal": lambda image: image.transpose(Image.Transpose.TRANSPOSE),
    "mirrored at the other diagonal": lambda image: image.transpose(Image.Transpose.TRANSVERSE),
    "1 % cut off each side": lambda image: cropped(image, 0.01),
    "in a black frame": lambda image: Image.fromarray(np.pad(np.asarray(image), 40)),
}
NOT_FOUND: dict[str, Callable[[Image.Image], Image.Image]] = {
    "turned by 10 degrees": lambda image: image.rotate(10, Image.Resampling.BILINEAR),
    "15 % cut off each side": lambda image: cropped(image, 0.15),
    "inverted": lambda image: image.point(lambda value: 255 - value),
}


@pytest.fixture(scope="module")
def phantoms() -> list[Image.Image]:
    made = generate_phantoms(patients_per_class=4, images_per_patient=1, image_size=160, seed=3)
    return [Image.fromarray(phantom.pixels) for phantom in made]


def share_found(images: list[Image.Image], change: Callable[[Image.Image], Image.Image]) -> float:
    both = [thumbnail(np.asarray(image)) for image in [*images, *(change(image) for image in images)]]
    clusters = near_duplicate_clusters(np.stack(both), similarity=SIMILARITY)
    return float(np.mean(clusters[: len(images)] == clusters[len(images) :]))


@pytest.mark.parametrize("change", FOUND)
def test_copies_are_found_after(change: str, phantoms: list[Image.Image]) -> None:
    assert share_found(phantoms, FOUND[change]) >= 0.95


@pytest.mark.parametrize("change", NOT_FOUND)
def test_copies_are_knowingly_not_found_after(change: str, phantoms: list[Image.Image]) -> None:
    assert share_found(phantoms, NOT_FOUND[change]) <= 0.05


def test_different_small_objects_on_wide_dark_backgrounds_are_not_alike() -> None:
    thumbnails = []
    for seed in range(60):
        image = np.random.default_rng(seed).integers(0, 6, (256, 256)).astype(np.uint8)
        image[90:150, 100:160] = textured(seed, size=60)
        thumbnails.append(thumbnail(image))
    clusters = near_duplicate_clusters(np.stack(thumbnails), similarity=SIMILARITY)
    assert len(set(clusters.tolist())) == 60


def alike_with_frames(images: list[np.ndarray]) -> list[int]:
    foregrounds, frames = map(np.stack, zip(*(thumbnails(image) for image in images), strict=True))
    return near_duplicate_clusters(foregrounds, similarity=SIMILARITY, frames=frames).tolist()


@pytest.mark.parametrize("side", [30, 60, 120, 200, 240])
@pytest.mark.parametrize(("level", "contrast"), [(120, 0.25), (60, 0.5), (0, 1)])
def test_different_objects_are_not_alike_though_their_frames_may_be(side: int, level: int, contrast: float) -> None:
    images = []
    for seed in range(30):
        image = np.random.default_rng(seed).integers(0, 6, (256, 256)).astype(np.uint8)
        place = slice((256 - side) // 2, (256 + side) // 2)
        image[place, place] = level + contrast * textured(seed, size=side)
        images.append(image)
    assert len(set(alike_with_frames(images))) == 30


def test_copies_whose_foregrounds_are_cut_out_differently_are_found_by_their_frames() -> None:
    image = np.full((128, 128), 20, np.uint8)
    image[8:120, 8:120] = 40 + 0.7 * textured(7, size=112)
    # A few marks in the border, and it is foreground.
    marked = image.copy()
    marked[3, ::6] = 120
    foregrounds = np.stack([thumbnail(image), thumbnail(marked)])
    assert len(set(near_duplicate_clusters(foregrounds, similarity=SIMILARITY).tolist())) == 2
    assert len(set(alike_with_frames([image, marked]))) == 1
