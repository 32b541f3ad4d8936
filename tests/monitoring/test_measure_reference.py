"""A reference says of images what the service would."""

import hashlib
import itertools

import numpy as np
import pytest

from medimage.data.split import Split
from medimage.monitoring.columns import CONFIDENCE, LABEL, MEAN, SHARPNESS
from medimage.monitoring.measure_reference import images_per_case, measure_reference, sample_held_out
from medimage.serving.classifier import ImageClassifier
from tests.support.exported import brightness_onnx
from tests.support.images import encode

ONNX = brightness_onnx()


def picture(level: int) -> bytes:
    values = np.full((32, 32), level, np.uint8)
    values[:, ::2] += 10
    return encode(values)


def test_a_reference_says_what_the_model_says_and_leaves_refused_images_out() -> None:
    levels = (40, 90, 140, 190)
    images = [("dark", picture(level)) for level in levels] + [("bright", b"no image")]
    found = measure_reference(ONNX, images, total=len(images))
    assert found is not None
    assert found.sha256 == hashlib.sha256(ONNX).hexdigest()
    assert found.truth is not None
    assert found.truth.tolist() == ["dark"] * 4
    classifier = ImageClassifier(ONNX, threads=1)
    answers = [classifier.predict(picture(level)) for level in levels]
    assert found.observations.names(LABEL).tolist() == [answer.label for answer in answers]
    np.testing.assert_allclose(found.observations.numbers(CONFIDENCE), [answer.confidence for answer in answers])
    np.testing.assert_allclose(found.observations.numbers(MEAN), [level + 5 for level in levels])
    # Every two neighbours differ by 10, and the standard deviation is 5.
    np.testing.assert_allclose(found.observations.numbers(SHARPNESS), 2.0)


def test_true_classes_are_kept_only_where_all_are_known() -> None:
    found = measure_reference(ONNX, [("dark", picture(40)), (None, picture(90))], total=2)
    assert found is not None
    assert found.truth is None


def test_no_answer_at_all_is_no_reference() -> None:
    assert measure_reference(ONNX, [(None, b"no image")], total=1) is None


def split_of(patients: dict[str, int]) -> Split:
    """Returns a split whose test images are of patients with so many images each; one of each class elsewhere."""
    elsewhere = [(part, label) for part in ("train", "validation") for label in ("a", "b")]
    test = [name for name, images in patients.items() for _ in range(images)]
    count = len(elsewhere) + len(test)
    return Split(
        image_ids=tuple(f"{number:064x}" for number in range(count)),
        labels=(*(label for _, label in elsewhere), "b", *("a" for _ in test[1:])),
        groups=(*(f"{part} {label}" for part, label in elsewhere), *test),
        parts=("train", "train", "validation", "validation", *("test" for _ in test)),
        classes=("a", "b"),
    )


def test_images_of_a_patient_stand_one_after_the_other() -> None:
    split = split_of({"p1": 6, "p2": 1, "p3": 3})
    groups = dict(zip(split.image_ids, split.groups, strict=True))
    chosen = [groups[image_id] for image_id in sample_held_out(split)]
    # The two images of validation are of a patient each.
    assert {name: len(list(run)) for name, run in itertools.groupby(chosen)} == {
        "p1": 6, "p2": 1, "p3": 3, "validation a": 1, "validation b": 1,
    }  # fmt: skip
    assert len(chosen) == 12
    assert images_per_case(split) == pytest.approx(12 / 5)


def test_a_patient_with_many_images_has_its_share_of_a_sample() -> None:
    split = split_of({"many": 1000, **{f"p{number}": 1 for number in range(1000)}})
    groups = dict(zip(split.image_ids, split.groups, strict=True))
    chosen = sample_held_out(split, most=400)
    assert sum(groups[image_id] == "many" for image_id in chosen) == pytest.approx(200, abs=40)
    assert len(set(chosen)) == 400
    assert set(sample_held_out(split, most=100)) < set(chosen)
