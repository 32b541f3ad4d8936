import dataclasses

import pandas as pd
import pytest

from medimage.config.training import ClassWeights
from medimage.data.split import Split
from medimage.errors import DataError
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.gate.find_in_folds import find_in_folds
from tests.evaluation.gate.test_find_in_data import SPLIT, audit
from tests.support.shortcuts import shortcut_audit
from tests.support.simulated_predictions import evaluation_of, of_arrays, predictions

FOLDS = (
    dataclasses.replace(SPLIT, findings=("One.",)),
    dataclasses.replace(
        SPLIT, parts=("test", "test", "train", "train", "validation", "validation"), findings=("One.", "Two.")
    ),
)
ORDINARY = evaluation_of(predictions(skill=3.0))


def found(
    folds: tuple[Split, ...] = FOLDS,
    *,
    patients: tuple[str, ...] = ("",) * 6,
    clusters: tuple[int, ...] = (0, 1, 2, 3, 4, 5),
    pooled: Evaluation = ORDINARY,
    class_weights: ClassWeights = "none",
    locked: tuple[str, ...] = (),
):
    return find_in_folds(
        audit(patients=list(patients), clusters=list(clusters)),
        folds,
        shortcut_audit(),
        pooled,
        class_weights=class_weights,
        imbalance_ratio=1.5,
        locked=locked,
    )


def test_folds_with_images_of_a_locked_test_set_are_not_judged():
    assert found(locked=("elsewhere",)) == found()
    with pytest.raises(DataError, match=r"2 of its 3 images are in them.*Start this run again"):
        found(locked=("elsewhere", *SPLIT.image_ids[:2]))


def test_what_crosses_in_one_fold_alone_is_found():
    pair = ("", "p", "p", "", "", "")
    together = dataclasses.replace(SPLIT, parts=("validation", "train", "train", "validation", "test", "test"))
    assert found((together,), patients=pair).crossing_groups == 0
    assert found((together, *FOLDS), patients=pair).crossing_groups == 1
    assert found((together,), clusters=(0, 1, 1, 3, 4, 5)).crossing_duplicates == 0
    assert found((together, *FOLDS), clusters=(0, 1, 1, 3, 4, 5)).crossing_duplicates == 1


def test_every_finding_is_told_once():
    told = found().findings
    assert [sentence for sentence in told if sentence in ("One.", "Two.")] == ["One.", "Two."]


def test_a_perfect_result_is_told_before_everything_else():
    labels = ORDINARY.test.labels
    perfect = evaluation_of(of_arrays(labels, [[20.0 * (label == name) for name in range(3)] for label in labels]))
    assert "warning sign" in found(pooled=perfect).findings[0]


@pytest.mark.parametrize(("class_weights", "mitigated"), [("none", False), ("auto", True)])
def test_the_fold_with_the_least_even_classes_is_judged(class_weights, mitigated):
    # Of eight images, the second fold trains on one of class a and two of class b.
    names = tuple("12345678")
    even, uneven = (
        Split(image_ids=names, labels=tuple("abababab"), groups=names, parts=_parts(letters), classes=("a", "b"))
        for letters in ("rrrrvvtt", "vvvrrrtt")
    )
    whole = _extended(names)
    findings = find_in_folds(
        whole, (even, uneven, even), shortcut_audit(), ORDINARY, class_weights=class_weights, imbalance_ratio=1.5
    )
    assert findings.training_counts == {"a": 1, "b": 2}
    assert findings.imbalance_mitigated is mitigated


def _parts(letters: str):
    return tuple({"r": "train", "v": "validation", "t": "test"}[letter] for letter in letters)


def _extended(names: tuple[str, ...]):
    """Returns an audit of images that share neither patient nor duplicates."""
    small = audit(patients=[""] * 6, clusters=list(range(6)))
    rows = [small.images.iloc[[0]].assign(image_id=name, duplicate_cluster=place) for place, name in enumerate(names)]
    return dataclasses.replace(small, images=pd.concat(rows, ignore_index=True), files_found=len(names))
