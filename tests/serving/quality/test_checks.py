from dataclasses import replace

import numpy as np
import pytest

from medimage.export.fit_embedding_reference import fit_embedding_reference
from medimage.export.fit_intensity_reference import fit_intensity_reference
from medimage.serving.graph_outputs import GraphOutputs
from medimage.serving.model_metadata import ModelMetadata
from medimage.serving.quality.checks import quality_warnings
from medimage.serving.quality.intensity_reference import IntensityReference
from medimage.serving.quality.observed_image import ObservedImage
from medimage.serving.quality.quality_warning import WarningKind
from tests.support.served import GRADIENT, trained_on

METADATA = ModelMetadata(
    classes=("ill", "well"), input_size=64, color_mode="gray", preprocessing_version="1", temperature=1.0
)


def observed(pixels: np.ndarray, **changes: object) -> ObservedImage:
    image = ObservedImage(pixels=pixels.reshape(*pixels.shape[:2], -1), metadata=METADATA, width=200, height=160)
    return replace(image, **changes)  # type: ignore[arg-type]


def kinds(image: ObservedImage, reference: IntensityReference | None = None) -> set[WarningKind]:
    warnings = quality_warnings(replace(image, metadata=replace(METADATA, intensities=reference)))
    assert all(warning.message.endswith(".") for warning in warnings)
    return {warning.kind for warning in warnings}


def test_an_image_like_the_training_images_has_no_warning() -> None:
    assert kinds(observed(GRADIENT), trained_on()) == set()


def test_a_brighter_image_is_unlike_the_training_images() -> None:
    assert kinds(observed(GRADIENT + 80), trained_on()) == {WarningKind.UNLIKE_TRAINING}


def test_a_negative_is_told_as_one() -> None:
    assert kinds(observed(255 - GRADIENT), trained_on()) == {WarningKind.UNLIKE_TRAINING, WarningKind.INVERTED}


def test_a_negative_of_images_that_are_as_bright_as_their_negatives_cannot_be_told() -> None:
    counts = np.full((120, 1, 256), 16, np.int64)
    reference = fit_intensity_reference(counts, counts)
    whole_range = np.tile(np.arange(256, dtype=np.uint8), (64, 1))
    assert kinds(observed(255 - whole_range), reference) == set()


def test_an_image_that_the_model_sees_as_something_else_is_told() -> None:
    rng = np.random.default_rng(0)
    seen = rng.normal(size=(2, 200, 8)).astype(np.float32) + 5
    reference = fit_embedding_reference(*seen)
    assert reference is not None
    metadata = replace(
        METADATA,
        outputs=GraphOutputs(embedding_width=8, activation_map=None, no_map_because="it is for a test"),
        embeddings=reference,
    )

    def found(embedding: np.ndarray | None) -> list[WarningKind]:
        return [
            warning.kind for warning in quality_warnings(observed(GRADIENT, embedding=embedding, metadata=metadata))
        ]

    assert found(np.full(8, 9, np.float32)) == []
    assert found(np.full(8, -9, np.float32)) == [WarningKind.SEEN_AS_UNLIKE_TRAINING]
    assert found(None) == []


@pytest.mark.parametrize("level", [0, 255])
def test_cut_off_detail_is_told(level: int) -> None:
    pixels = GRADIENT.copy()
    pixels[:8] = level
    assert WarningKind.CLIPPED in kinds(observed(pixels), trained_on())


def test_black_surroundings_that_training_images_have_are_not_clipping() -> None:
    counts = np.zeros((120, 1, 256), np.int64)
    counts[:, 0, 0], counts[:, 0, 40:104] = 2048, 32
    pixels = GRADIENT.copy()
    pixels[:32] = 0
    assert kinds(observed(pixels), fit_intensity_reference(counts, counts)) == set()


@pytest.mark.parametrize(("span", "is_constant"), [(1, True), (7, True), (9, False)])
def test_an_image_with_next_to_nothing_in_it_is_told(span: int, is_constant: bool) -> None:
    pixels = (100 + np.arange(64 * 64).reshape(64, 64) % span).astype(np.uint8)
    assert (WarningKind.NEARLY_CONSTANT in kinds(observed(pixels))) is is_constant


@pytest.mark.parametrize(("width", "is_enlarged"), [(31, True), (32, False), (500, False)])
def test_an_image_that_had_to_be_enlarged_much_is_told(width: int, is_enlarged: bool) -> None:
    found = kinds(observed(GRADIENT, width=width, height=400))
    assert (WarningKind.ENLARGED in found) is is_enlarged


def test_what_the_decoder_warned_of_is_told() -> None:
    assert kinds(observed(GRADIENT, decoder_warned=True)) == {WarningKind.DECODER_WARNED}


def test_without_gray_levels_of_training_images_nothing_is_said_of_them() -> None:
    assert kinds(observed(255 - GRADIENT)) == set()


@pytest.mark.parametrize("channels", [1, 3])
def test_statistics_are_those_of_the_pixels(channels: int) -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (20, 20, channels), dtype=np.uint8)
    image = observed(pixels)
    assert image.mean == pytest.approx(pixels.mean())
    assert image.standard_deviation == pytest.approx(pixels.std())
    assert image.level_at(0.3) == np.quantile(pixels, 0.3, method="inverted_cdf")
