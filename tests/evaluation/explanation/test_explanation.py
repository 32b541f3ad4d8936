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
from medimage.evaluation.explanation.explanation import explain, select_cases
from medimage.evaluation.explanation.explanation_result import Explanation
from medimage.evaluation.explanation.faithfulness import random_map
from medimage.evaluation.explanation.gallery import draw_gallery
from medimage.models.build import build_network
from tests.support.spotlight import spotlight_images, spotlight_network
from tests.support.training import specification

CERTAIN = np.tile([0.1, 0.9], (12, 1))


def spotlight_explanation(
    *, seed: int = 0, lesions: dict[str, tuple[Box, ...]] | None = None, patients: int = 12
) -> Explanation:
    images, boxes = spotlight_images(12, seed=1)
    images = replace(images, groups=tuple(f"patient-{row % patients}" for row in range(12)))
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


def test_network_without_places_is_no_error_but_a_reason() -> None:
    images, _ = spotlight_images(12, seed=1)
    network = build_network(specification("test_resnet", classes=2, size=32), seed=0)
    config = ExplanationConfig(images_per_class=2)
    explanation = explain(network, images, CERTAIN, config=config, seed=0, lesions={})
    assert explanation.cases == ()
    assert explanation.faithfulness() == {
        "No heat maps": "this network's features have no places: they form a grid of 1 x 1"
    }


def test_no_test_image_is_no_error_but_a_reason() -> None:
    images, _ = spotlight_images(12, seed=1)
    none = images.take(np.zeros(0, dtype=np.int64))
    explanation = explain(spotlight_network(), none, CERTAIN[:0], config=ExplanationConfig(), seed=0, lesions={})
    assert explanation.faithfulness() == {"No heat maps": "there is no test image"}


def test_reason_and_cases_exclude_each_other() -> None:
    with pytest.raises(ValueError, match="either"):
        replace(spotlight_explanation(), missing_because="none")


def test_method_names_the_features_that_were_mapped() -> None:
    assert spotlight_explanation().faithfulness()["Method"] == "Grad-CAM on the last feature map"


def test_interval_is_wider_where_images_are_of_few_patients() -> None:
    many, few = spotlight_explanation(patients=12), spotlight_explanation(patients=2)
    gains = [case.insertion - case.deletion - case.random_insertion + case.random_deletion for case in few.cases]
    # Of two patients with equally many images, a resample holds both or one of them twice.
    order = [image_id.rpartition("-")[2] for image_id in (case.image_id for case in few.cases)]
    means = [np.mean([gain for gain, row in zip(gains, order, strict=True) if int(row) % 2 == side]) for side in (0, 1)]
    assert (few.advantage_low, few.advantage_high) == pytest.approx((min(means), max(means)))
    assert few.advantage == many.advantage


def test_one_patient_gives_no_interval() -> None:
    explanation = spotlight_explanation(patients=1)
    assert np.isnan([explanation.advantage_low, explanation.advantage_high]).all()
    assert "no interval" in explanation.faithfulness()["Advantage over a random map"]


@pytest.mark.parametrize(("size", "cells"), [(32, 4), (100, 24), (96, 3), (224, 14), (33, 7)])
def test_random_map_has_exactly_as_many_cells_as_it_is_asked_for(size: int, cells: int) -> None:
    found = random_map(size=size, cells=cells, generator=np.random.default_rng(0))
    assert found.shape == (size, size)
    assert len(np.unique(found)) == cells * cells
    assert len(np.unique(found[0])) == cells


def test_random_opponent_is_as_coarse_as_the_feature_map() -> None:
    # A perfect map of 4 x 4 cells, taken from the random numbers that the opponent is made of, is no better than it.
    images, _ = spotlight_images(1, seed=1)
    explanation = explain(
        spotlight_network(),
        images,
        CERTAIN[:1],
        config=ExplanationConfig(images_per_class=1, deletion_steps=16),
        seed=5,
        lesions={},
    )
    order = np.random.default_rng(5).random((4, 4), dtype=np.float32)
    lit = images.pixels[0, 4::8, 4::8, 0] > 200
    # Sixteen steps take one cell each; the square is gone once its cell's turn has come.
    turn = int((order > order[lit]).sum())
    case = explanation.cases[0]
    assert case.random_deletion == pytest.approx((turn + 0.5) / 16, abs=0.08)


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
    program = "import sys, medimage.evaluation.explanation.explanation_result; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
