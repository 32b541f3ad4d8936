"""The lists of images and predictions: all of them, and nobody's name."""

import io
import json
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq

from medimage.data.left_out import LeftOut
from medimage.data.split import Split
from medimage.evaluation.metrics.confusion import confusion_matrix
from medimage.evidence.images_list import case_numbers, images_list
from medimage.evidence.predictions_list import predictions_list
from tests.support.artifacts import EVALUATION, SPLIT


def rows(content: bytes) -> list[dict[str, object]]:
    return pq.read_table(io.BytesIO(content)).to_pylist()


def split() -> Split:
    return Split(
        image_ids=tuple("fedcba"),
        labels=("x", "x", "x", "y", "y", "y"),
        groups=("Ann", "Bob", "Cid", "Dora", "Eve", "Flo"),
        parts=("train", "validation", "test", "train", "validation", "test"),
        classes=("x", "y"),
        left_out=(LeftOut(image_id="0", label="x", group="Ann", reason="held out: Ann is in the test set"),),
    )


def test_every_image_is_listed_with_its_part_and_those_left_out() -> None:
    only = split()
    listed = rows(images_list({"": only}, cases=case_numbers([only])))
    assert [row["image_id"] for row in listed] == ["0", *"abcdef"]
    assert {row["image_id"]: (row["part"], row["label"]) for row in listed} == {
        "0": ("left out", "x"), "a": ("test", "y"), "b": ("validation", "y"), "c": ("train", "y"),
        "d": ("test", "x"), "e": ("validation", "x"), "f": ("train", "x"),
    }  # fmt: skip
    cases = {row["image_id"]: row["case"] for row in listed}
    assert cases["0"] == cases["f"]
    assert len(set(cases.values())) == 6


def test_no_name_of_a_case_is_in_the_lists() -> None:
    only = split()
    content = images_list({"": only}, cases=case_numbers([only]))
    for name in (*only.groups, "held out"):
        assert name.encode() not in content


def test_numbers_of_cases_do_not_follow_their_names() -> None:
    only = split()
    numbers = case_numbers([only])
    assert numbers["Ann"] == 0
    assert sorted(numbers.values()) == list(range(6))
    assert [numbers[name] for name in ("Flo", "Eve", "Dora", "Cid", "Bob")] == [1, 2, 3, 4, 5]


def test_every_number_can_be_worked_out_anew_from_the_predictions() -> None:
    groups = [*EVALUATION.validation.groups, *EVALUATION.test.groups]
    cases = {group: number for number, group in enumerate(dict.fromkeys(groups))}
    content = predictions_list({"": EVALUATION}, cases=cases)
    table = pq.read_table(io.BytesIO(content))
    classes = json.loads(table.schema.metadata[b"classes"])
    assert tuple(classes) == EVALUATION.classes
    test = [row for row in table.to_pylist() if row["part"] == "test"]
    probabilities = np.array([[row[f"probability_{index}"] for index in range(len(classes))] for row in test])
    assert np.allclose(probabilities.sum(axis=1), 1)
    labels = np.array([classes.index(row["label"]) for row in test])
    found = confusion_matrix(labels, probabilities.argmax(axis=1), classes=len(classes))
    assert found.tolist() == [list(row) for row in EVALUATION.confusion]
    assert [row["image_id"] for row in test] == list(EVALUATION.test.image_ids)
    assert len({row["case"] for row in test}) == len(set(EVALUATION.test.groups))


def test_lists_are_equal_for_equal_runs() -> None:
    cases = case_numbers([SPLIT])
    assert images_list({"": SPLIT}, cases=cases) == images_list({"": SPLIT}, cases=cases)


def test_a_model_has_no_numbers_of_classes_that_it_does_not_know() -> None:
    def knowing_more(predictions):
        logits = np.column_stack([np.full(len(predictions), 3, np.float32), predictions.logits])
        return replace(predictions, classes=("flu", *predictions.classes), labels=predictions.labels + 1, logits=logits)

    wider = replace(EVALUATION, validation=knowing_more(EVALUATION.validation), test=knowing_more(EVALUATION.test))
    cases = dict.fromkeys((*EVALUATION.validation.groups, *EVALUATION.test.groups), 0)
    content = predictions_list({"one": EVALUATION, "wider": wider}, cases=cases)
    classes = json.loads(pq.read_table(io.BytesIO(content)).schema.metadata[b"classes"])
    assert classes == [*EVALUATION.classes, "flu"]
    listed = {name: [row for row in rows(content) if row["model"] == name] for name in ("one", "wider")}
    assert {row[f"logit_{len(classes) - 1}"] for row in listed["one"]} == {None}
    assert {row[f"logit_{len(classes) - 1}"] for row in listed["wider"]} == {3}
    for name in ("label", "logit_0"):
        assert [row[name] for row in listed["one"]] == [row[name] for row in listed["wider"]]
