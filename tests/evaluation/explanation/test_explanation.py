import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from medimage.config.evaluation import ExplanationConfig
from medimage.data.box import Box
from medimage.evaluation.explanation.areas import MEASURES
from medimage.evaluation.explanation.explanation import explain
from medimage.evaluation.explanation.explanation_result import Explanation
from medimage.evaluation.explanation.faithfulness import random_map
from medimage.evaluation.explanation.sentences import faithfulness, remarks, warnings
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


def test_maps_of_a_network_with_known_reasons_are_found_faithful_by_every_measure() -> None:
    explanation = spotlight_explanation()
    assert len(explanation.cases) == 12
    assert [method.name for method in explanation.with_maps] == ["grad_cam", "integrated_gradients"]
    for method in explanation.with_maps:
        assert all(method.is_better_than_random(measure) for measure in MEASURES)
        for measure in MEASURES:
            own = [case.maps[method.name] for case in explanation.cases]
            gains = [each.areas.advantage_over(each.random_areas, measure) for each in own]
            assert method.advantages[measure].value == pytest.approx(np.mean(gains))
            assert method.advantages[measure].value > 0.1


def test_maps_of_a_network_with_known_reasons_point_at_the_lesion() -> None:
    for method in spotlight_explanation().with_maps:
        assert method.hit_rate is not None
        assert method.hit_rate.value == 1
        # Twelve of twelve are no certainty: the exact lower limit is 0.025 ** (1 / 12).
        assert method.hit_rate.low == pytest.approx(0.7354, abs=1e-4)
        assert method.random_hit_rate == pytest.approx(1 / 16)
        assert method.hits_more_than_random


def test_hit_rates_are_unknown_without_lesions() -> None:
    explanation = spotlight_explanation(lesions={})
    assert all(method.hit_rate is None and method.random_hit_rate is None for method in explanation.methods)
    assert not any("lesion" in told for told in faithfulness(explanation).values())


def test_same_seed_gives_the_same_explanation() -> None:
    one, other = spotlight_explanation(seed=4), spotlight_explanation(seed=4)
    assert faithfulness(one) == faithfulness(other)
    for first, second in zip(one.cases, other.cases, strict=True):
        assert first.image_id == second.image_id
        for name, found in first.maps.items():
            assert np.array_equal(found.heat_map, second.maps[name].heat_map)


def test_a_method_that_cannot_serve_is_no_error_but_a_reason_and_the_others_go_on() -> None:
    images, _ = spotlight_images(12, seed=1)
    network = build_network(specification("test_resnet", classes=2, size=32), seed=0)
    config = ExplanationConfig(images_per_class=2, methods=("grad_cam", "integrated_gradients", "attention_rollout"))
    explanation = explain(network, images, CERTAIN, config=config, seed=0, lesions={})
    assert [list(case.maps) for case in explanation.cases] == [["integrated_gradients"]] * 2
    refused = {method.name: method.missing_because for method in explanation.methods if method.missing_because}
    assert refused == {
        "grad_cam": "this network's features have no places: they form a grid of 1 x 1",
        "attention_rollout": "this network is no vision transformer with attention in each of its blocks",
    }


def test_where_no_method_can_serve_there_is_no_case_but_every_reason() -> None:
    images, _ = spotlight_images(12, seed=1)
    network = build_network(specification("test_resnet", classes=2, size=32), seed=0)
    config = ExplanationConfig(images_per_class=2, methods=("hires_cam", "ablation_cam"))
    explanation = explain(network, images, CERTAIN, config=config, seed=0, lesions={})
    assert explanation.cases == ()
    reason = "this network's features have no places: they form a grid of 1 x 1"
    assert faithfulness(explanation) == {"No heat maps": f"HiResCAM: {reason}; Ablation-CAM: {reason}"}


def test_no_test_image_is_no_error_but_a_reason() -> None:
    images, _ = spotlight_images(12, seed=1)
    none = images.take(np.zeros(0, dtype=np.int64))
    explanation = explain(spotlight_network(), none, CERTAIN[:0], config=ExplanationConfig(), seed=0, lesions={})
    assert faithfulness(explanation) == {"No heat maps": "there is no test image"}


def test_one_image_has_maps_but_no_interval_and_proves_nothing() -> None:
    images, boxes = spotlight_images(1, seed=1)
    lesions = {images.image_ids[0]: (boxes[0],)}
    explanation = explain(spotlight_network(), images, CERTAIN[:1], config=ExplanationConfig(), seed=0, lesions=lesions)
    (case,) = explanation.cases
    assert case.maps["grad_cam"].hit
    for method in explanation.with_maps:
        assert not any(method.is_better_than_random(measure) for measure in MEASURES)
        assert not method.hits_more_than_random
    assert sum("Do not read reasons" in sentence for sentence in warnings(explanation)) == 2


def test_a_network_of_no_numbers_is_refused_by_every_method() -> None:
    images, _ = spotlight_images(12, seed=1)
    network = spotlight_network()
    with torch.no_grad():
        network.head.weight.fill_(float("nan"))  # type: ignore[union-attr]
    explanation = explain(network, images, CERTAIN, config=ExplanationConfig(), seed=0, lesions={})
    assert explanation.cases == ()
    assert explanation.missing_because.count("no numbers") == 2


def test_probabilities_that_are_no_numbers_are_refused() -> None:
    images, _ = spotlight_images(12, seed=1)
    wrong = np.full((12, 2), np.nan)
    with pytest.raises(ValueError, match="24 of 24 are no numbers"):
        explain(spotlight_network(), images, wrong, config=ExplanationConfig(), seed=0, lesions={})


def test_maps_in_which_nothing_speaks_for_the_class_are_counted_and_no_better_than_random() -> None:
    images, boxes = spotlight_images(12, seed=1)
    lesions = {name: (box,) for name, box in zip(images.image_ids, boxes, strict=True)}
    dark = np.tile([0.9, 0.1], (12, 1))
    # All are predicted wrongly, so a third of what is asked for is shown.
    config = ExplanationConfig(images_per_class=36, methods=("grad_cam",))
    explanation = explain(spotlight_network(), images, dark, config=config, seed=0, lesions=lesions)
    (method,) = explanation.methods
    assert method.empty == 12
    assert {estimate.value for name, estimate in method.advantages.items() if name != "road"} == {0.0}
    assert method.advantages["road"].value == pytest.approx(0, abs=0.02)
    assert method.hit_rate is not None
    assert method.hit_rate.value == 0
    assert any("12 images of 12 no place speaks" in sentence for sentence in remarks(explanation))


def test_maps_that_do_not_depend_on_what_was_learnt_are_told() -> None:
    # This network's backbone has nothing to learn: with random weights it looks at the same places.
    explanation = spotlight_explanation()
    for method in explanation.with_maps:
        assert method.agreement["whole"].value == pytest.approx(1)
    assert any("hardly change" in sentence for sentence in warnings(explanation))


def test_a_map_that_random_weights_merely_turn_over_counts_as_unchanged() -> None:
    # The head has one feature, so a random weight can only scale its map or turn it over.
    for seed in range(4):
        for method in spotlight_explanation(seed=seed).with_maps:
            assert method.agreement["head"].value == pytest.approx(1)


def test_maps_of_a_trained_network_are_compared_with_those_of_random_weights() -> None:
    images, _ = spotlight_images(12, seed=1)
    spec = specification("test_resnet", classes=2, size=32, options={"output_stride": 8})
    explanation = explain(
        build_network(spec, seed=0), images, CERTAIN, config=ExplanationConfig(images_per_class=8), seed=0, lesions={}
    )
    for method in explanation.with_maps:
        assert set(method.agreement) == {"head", "whole"}
        assert all(
            0 <= estimate.low <= estimate.high <= 1 and estimate.n == 8 for estimate in method.agreement.values()
        )


def test_reason_and_cases_exclude_each_other() -> None:
    with pytest.raises(ValueError, match="either"):
        replace(spotlight_explanation(), missing_because="none")


def test_every_case_has_the_maps_of_the_methods() -> None:
    explanation = spotlight_explanation()
    with pytest.raises(ValueError, match="Expected maps by"):
        replace(explanation, methods=explanation.methods[:1])


def test_interval_is_wider_where_images_are_of_few_patients() -> None:
    many, few = (spotlight_explanation(patients=count).methods[0].advantages["deletion"] for count in (12, 3))
    assert few.value == many.value
    assert (many.groups, few.groups) == (12, 3)
    assert few.high - few.low > many.high - many.low


def test_one_patient_gives_no_interval() -> None:
    explanation = spotlight_explanation(patients=1)
    for method in explanation.with_maps:
        assert not any(estimate.has_interval for estimate in method.advantages.values())
        assert not any(method.is_better_than_random(measure) for measure in MEASURES)


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
        config=ExplanationConfig(images_per_class=1, deletion_steps=16, methods=("grad_cam",)),
        seed=5,
        lesions={},
    )
    order = np.random.default_rng(5).random((4, 4), dtype=np.float32)
    lit = images.pixels[0, 4::8, 4::8, 0] > 200
    # Sixteen steps take one cell each; the square is gone once its cell's turn has come.
    turn = int((order > order[lit]).sum())
    found = explanation.cases[0].maps["grad_cam"]
    assert found.random_areas.deletion == pytest.approx((turn + 0.5) / 16, abs=0.08)


def test_overlapping_boxes_are_counted_once() -> None:
    images, boxes = spotlight_images(12, seed=1)
    twice = {name: (box, box) for name, box in zip(images.image_ids, boxes, strict=True)}
    assert spotlight_explanation(lesions=twice).methods[0].random_hit_rate == pytest.approx(1 / 16)


def test_cases_carry_their_image_and_prediction() -> None:
    for case in spotlight_explanation().cases:
        assert case.pixels.shape == (32, 32, 1)
        assert all(found.heat_map.max() == 255 for found in case.maps.values())
        assert (case.true_class, case.predicted_class, case.probability) == ("lit", "lit", 0.9)


def test_type_of_the_result_needs_no_torch() -> None:
    program = "import sys, medimage.evaluation.explanation.explanation_result; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
