import dataclasses

import numpy as np
import pytest

from medimage.errors import DataError, RegistryError
from medimage.evaluation.decision.calibration import calibrated_probabilities
from medimage.registry.judge_registered_model import ImagesToJudge, judge_registered_model
from medimage.registry.seen_images import SeenImages
from tests.support.exported import CLASSES, rules_of
from tests.support.gray_images import (
    CONFIG,
    LABELS,
    NOTHING_SEEN,
    RECORDS,
    TABLE,
    brightness_model,
    logits_of_brightness,
)

ALL = ImagesToJudge(
    image_ids=tuple(record.image_id for record in RECORDS),
    labels=tuple(record.label for record in RECORDS),
    groups=tuple(f"p{number // 2}" for number in range(len(RECORDS))),
    classes=CLASSES,
)


def judged(chosen: ImagesToJudge = ALL, *, images: SeenImages | None = NOTHING_SEEN):
    return judge_registered_model(brightness_model(images=images), TABLE, chosen, config=CONFIG, seed=0)


def test_a_model_is_measured_as_it_is() -> None:
    evaluation, findings = judged()
    assert evaluation.metrics.accuracy.value == pytest.approx((logits_of_brightness().argmax(axis=1) == LABELS).mean())
    assert (evaluation.temperature.value, evaluation.temperature.fitted_on) == (1.0, "none")
    assert "lung version 3" in evaluation.temperature.reason
    assert len(evaluation.validation) == 0
    assert findings == ()


def test_a_model_is_measured_at_the_operating_points_that_it_was_registered_with() -> None:
    rules = rules_of(CLASSES, threshold=0.4)
    turned = dataclasses.replace(ALL, classes=CLASSES[::-1])
    evaluation, _ = judge_registered_model(brightness_model(rules=rules), TABLE, turned, config=CONFIG, seed=0)
    probabilities = calibrated_probabilities(logits_of_brightness(), 1.0)
    assert evaluation.rules == rules.for_classes(CLASSES[::-1])
    assert evaluation.decisions is not None
    for index, name in enumerate(CLASSES):
        found = evaluation.decisions.at_operating_point[name]
        assert found.sensitivity.value == pytest.approx((probabilities[index == LABELS, index] >= 0.4).mean())
        assert found.specificity.value == pytest.approx((probabilities[index != LABELS, index] < 0.4).mean())


def test_what_it_has_seen_is_left_out_with_the_other_images_of_the_case() -> None:
    seen = SeenImages(train=frozenset({RECORDS[0].image_id}), validation=frozenset({RECORDS[4].image_id, "another"}))
    evaluation, (finding,) = judged(images=seen)
    gone = {RECORDS[row].image_id for row in (0, 1, 4, 5)}
    assert set(evaluation.test.image_ids) == set(ALL.image_ids) - gone
    assert "2 of the 90 images: these are left out, and 2 images of the same cases" in finding


def test_a_model_that_has_seen_all_is_refused() -> None:
    with pytest.raises(DataError, match=r"90 of the 90 images: no image is left .* --images test"):
        judged(images=SeenImages(train=frozenset(ALL.image_ids), validation=frozenset()))


def test_a_model_that_does_not_say_what_it_has_seen_is_judged_with_a_warning() -> None:
    evaluation, (finding,) = judged(images=None)
    assert len(evaluation.test) == 90
    assert "nobody can tell" in finding


def test_a_class_that_the_model_does_not_know_is_refused_with_both_sides() -> None:
    chosen = dataclasses.replace(ALL, labels=("covid", *ALL.labels[1:]), classes=(*CLASSES, "covid"))
    with pytest.raises(DataError, match=r"bright, dark and other\|one, but the data have .*covid.*images of covid"):
        judged(chosen)


def test_a_class_without_images_leaves_its_figures_undefined() -> None:
    rows = [row for row, label in enumerate(ALL.labels) if label != "dark"]
    chosen = ImagesToJudge(
        image_ids=tuple(ALL.image_ids[row] for row in rows),
        labels=tuple(ALL.labels[row] for row in rows),
        groups=tuple(ALL.groups[row] for row in rows),
        classes=("other|one", "bright"),
    )
    evaluation, (finding,) = judged(chosen)
    assert evaluation.classes == ("other|one", "bright", "dark")
    assert not evaluation.metrics.per_class["dark"].sensitivity.is_defined
    assert not evaluation.metrics.balanced_accuracy.is_defined
    assert "none of dark" in finding


def test_a_class_of_which_all_images_were_seen_is_told() -> None:
    seen = frozenset(image_id for image_id, label in zip(ALL.image_ids, ALL.labels, strict=True) if label == CLASSES[2])
    alone = dataclasses.replace(ALL, groups=ALL.image_ids)
    _, findings = judged(alone, images=SeenImages(train=seen, validation=frozenset()))
    assert f"have none of {CLASSES[2]}" in findings[-1]


def test_a_graph_without_finite_answers_is_one_sentence() -> None:
    broken = brightness_model(slope=float("nan"))
    with pytest.raises(RegistryError, match=r"no answer to some: .* finite .* of 16 images, such as "):
        judge_registered_model(broken, TABLE, ALL, config=CONFIG, seed=0)


def test_one_image_is_judged_without_certainty() -> None:
    chosen = ImagesToJudge(image_ids=ALL.image_ids[:1], labels=ALL.labels[:1], groups=ALL.groups[:1], classes=CLASSES)
    evaluation, _ = judged(chosen)
    accuracy = evaluation.metrics.accuracy
    assert accuracy.n == 1
    assert accuracy.high - accuracy.low > 0.9


def test_answers_do_not_depend_on_the_order_of_images() -> None:
    turned = ImagesToJudge(
        image_ids=ALL.image_ids[::-1], labels=ALL.labels[::-1], groups=ALL.groups[::-1], classes=CLASSES
    )
    there, back = judged()[0].test, judged(turned)[0].test
    np.testing.assert_array_equal(there.logits, back.logits[::-1])
    assert there.image_set == back.image_set
