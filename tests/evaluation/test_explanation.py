import io
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from medimage.config.evaluation import ExplanationConfig
from medimage.data.box import Box
from medimage.evaluation.explanation import explain, select_cases
from medimage.evaluation.explanation_result import Explanation
from medimage.evaluation.gallery import draw_gallery
from tests.support.spotlight import spotlight_images, spotlight_network

CERTAIN = np.tile([0.1, 0.9], (12, 1))


def spotlight_explanation(*, seed: int = 0, lesions: dict[str, tuple[Box, ...]] | None = None) -> Explanation:
    images, boxes = spotlight_images(12, seed=1)
    known = {name: (box,) for name, box in zip(images.image_ids, boxes, strict=True)} if lesions is None else lesions
    return explain(
        spotlight_network(),
        images,
        CERTAIN,
        config=ExplanationConfig(images_per_class=12, deletion_steps=16),
        seed=seed,
        lesions=known,
    )


def test_maps_of_a_network_with_known_reasons_are_found_faithful() -> None:
    explanation = spotlight_explanation()
    assert len(explanation.cases) == 12
    assert explanation.advantage_low > 0
    assert explanation.advantage_low <= explanation.advantage <= explanation.advantage_high
    assert np.mean([case.deletion for case in explanation.cases]) < np.mean(
        [case.random_deletion for case in explanation.cases]
    )


def test_maps_of_a_network_with_known_reasons_point_at_the_lesion() -> None:
    explanation = spotlight_explanation()
    assert explanation.hit_rate == 1
    assert explanation.random_hit_rate == pytest.approx(1 / 16)


def test_hit_rates_are_unknown_without_lesions() -> None:
    explanation = spotlight_explanation(lesions={})
    assert explanation.hit_rate is None
    assert explanation.random_hit_rate is None
    assert not any("lesion" in name for name in explanation.faithfulness())


def test_same_seed_gives_the_same_explanation() -> None:
    one, other = spotlight_explanation(seed=4), spotlight_explanation(seed=4)
    assert one.faithfulness() == other.faithfulness()
    for first, second in zip(one.cases, other.cases, strict=True):
        assert first.image_id == second.image_id
        assert np.array_equal(first.heat_map, second.heat_map)


def test_overlapping_boxes_are_counted_once() -> None:
    images, boxes = spotlight_images(12, seed=1)
    twice = {name: (box, box) for name, box in zip(images.image_ids, boxes, strict=True)}
    assert spotlight_explanation(lesions=twice).random_hit_rate == pytest.approx(1 / 16)


def test_cases_carry_their_image_and_prediction() -> None:
    for case in spotlight_explanation().cases:
        assert case.pixels.shape == (32, 32, 1)
        assert case.heat_map.max() == 255
        assert (case.true_class, case.predicted_class, case.probability) == ("lit", "lit", 0.9)


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


def test_gallery_is_a_picture_that_shows_every_case() -> None:
    explanation = spotlight_explanation()
    with Image.open(io.BytesIO(draw_gallery(explanation))) as picture:
        assert picture.format == "PNG"
        width, height = picture.size
    fewer = replace(explanation, cases=explanation.cases[:4])
    with Image.open(io.BytesIO(draw_gallery(fewer))) as picture:
        assert picture.size[1] < height
        assert picture.size[0] == width


def test_gallery_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="Expected cases"):
        draw_gallery(replace(spotlight_explanation(), cases=()))


def test_type_of_the_result_needs_no_torch() -> None:
    program = "import sys, medimage.evaluation.explanation_result; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
