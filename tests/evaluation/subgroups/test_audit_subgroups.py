import dataclasses
import json

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, recall_score, roc_auc_score

from medimage.config.evaluation import EvaluationConfig
from medimage.config.subgroups import SubgroupConfig
from medimage.data.image_metadata import ImageLevels
from medimage.data.image_record import ImageRecord
from medimage.data.image_table import ImageTable
from medimage.errors import DataError
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.subgroups.audit_subgroups import audit_subgroups, measure_subgroups
from medimage.evaluation.subgroups.gap import Gap
from medimage.evaluation.subgroups.sentences import column_sentences, explanations, verdict_words, warnings
from medimage.evaluation.subgroups.subgroup_audit import SubgroupAudit, SubgroupColumn
from medimage.evaluation.subgroups.summary import subgroup_summary
from tests.support.images import encode, textured
from tests.support.simulated_predictions import evaluation_of, of_arrays, predictions


def settings(**subgroups: object) -> EvaluationConfig:
    return EvaluationConfig(bootstrap_resamples=200, subgroups=SubgroupConfig.model_validate(subgroups))


def audit(metadata: dict[str, list[str]], *, evaluation: Evaluation, **subgroups: object) -> SubgroupAudit:
    return measure_subgroups(
        probabilities=evaluation.probabilities(),
        test=evaluation.test,
        whole=evaluation.metrics,
        metadata={name: ImageLevels(levels=tuple(levels), contradictions=0) for name, levels in metadata.items()},
        config=settings(**subgroups),
        seed=0,
    )


def only(found: SubgroupAudit) -> SubgroupColumn:
    (column,) = found.columns
    return column


@pytest.fixture(scope="module")
def sound() -> Evaluation:
    """A model that does equally well everywhere, on 480 images of 240 patients."""
    return evaluation_of(predictions(images=480, per_group=2, skill=2.5))


@pytest.fixture(scope="module")
def failing() -> Evaluation:
    """One that misses covid on every other patient's scanner."""
    test = predictions(images=600, skill=6.0)
    logits = test.logits.copy()
    scanner = np.arange(600) // 3 % 2
    missed = (test.labels == 0) & (scanner == 1) & (np.arange(600) % 5 < 3)
    logits[missed] = [0, 8, 0]
    return evaluation_of(of_arrays(test.labels, logits))


def test_each_level_is_measured_as_scikit_learn_measures_its_images(sound: Evaluation) -> None:
    levels = ["a" if patient // 3 % 3 else "b" for patient in range(240) for _ in range(2)]
    column = only(audit({"site": levels}, evaluation=sound))
    probabilities, labels = sound.probabilities(), sound.test.labels
    assert [subgroup.level for subgroup in column.subgroups] == ["a", "b"]
    for subgroup in column.subgroups:
        own = np.asarray(levels) == subgroup.level
        predicted = probabilities[own].argmax(axis=1)
        assert (subgroup.images, subgroup.cases) == (own.sum(), own.sum() // 2)
        assert subgroup.class_images == {
            name: int((labels[own] == index).sum()) for index, name in enumerate(sound.classes)
        }
        metrics = subgroup.metrics
        assert metrics.accuracy.value == pytest.approx(accuracy_score(labels[own], predicted))
        recalls = recall_score(labels[own], predicted, average=None)
        for index, values in enumerate(metrics.per_class.values()):
            assert values.sensitivity.value == pytest.approx(recalls[index])
            assert values.sensitivity.groups == values.sensitivity.n // 2
            area = roc_auc_score(labels[own] == index, probabilities[own][:, index])
            assert values.auroc.value == pytest.approx(area)
        assert metrics.accuracy.low < metrics.accuracy.value < metrics.accuracy.high
    assert audit({}, evaluation=sound).columns == ()


def test_a_model_that_fails_on_one_scanner_is_flagged_there_and_told(failing: Evaluation) -> None:
    scanner = ["old" if number // 3 % 2 else "new" for number in range(600)]
    sex = ["f" if number // 6 % 2 else "m" for number in range(600)]
    found = audit({"scanner": scanner, "sex": sex}, evaluation=failing)
    flagged = {(column.name, subgroup.level, gap.title) for column, subgroup, gap in found.flagged}
    assert ("scanner", "old", "sensitivity of covid") in flagged
    assert {name for name, _, _ in flagged} == {"scanner"}
    told = warnings(found)
    assert told[0].startswith("Subgroups by scanner: sensitivity of covid is lower for old (0.")
    assert f"after correction for {found.comparisons} comparisons" in told[0]
    # Seven comparisons of each column: of two levels, the second is the first from the other side.
    assert found.comparisons == 14
    by_level = {subgroup.level: subgroup for subgroup in found.columns[0].subgroups}
    assert verdict_words(by_level["old"]).startswith("sensitivity of covid lower")
    assert "sensitivity of covid higher" in verdict_words(by_level["new"])
    assert verdict_words(found.columns[1].subgroups[0]) == "no gap flagged in 7"
    assert any("at most 5 % of such reports" in sentence for sentence in explanations(found))


def test_images_that_do_not_state_it_are_measured_and_never_compared(failing: Evaluation) -> None:
    scanner = ["" if number // 3 % 2 else f"site {number // 6 % 2}" for number in range(600)]
    column = only(audit({"scanner": scanner}, evaluation=failing))
    assert column.not_stated is not None
    assert (column.stated, column.not_stated.images, column.not_stated.gaps) == (300, 300, ())
    assert column.not_stated.metrics.per_class["covid"].sensitivity.value < 0.6
    assert not any(subgroup.flagged for subgroup in column.subgroups)
    assert sum(subgroup.images for subgroup in column.measured) == 600
    assert column_sentences(column)[0] == "300 of 600 test images do not state it; they are never compared."


def test_metadata_that_no_image_states_are_told_and_not_measured(sound: Evaluation) -> None:
    found = audit({"sex": [""] * 480}, evaluation=sound)
    column = only(found)
    assert (column.measured, column.stated, column.reason) == ((), 0, "no test image states it")
    assert column_sentences(column) == ("Not measured: no test image states it.",)
    assert explanations(found)[0].startswith("No two subgroups have cases enough")


def test_hundreds_of_levels_are_told_and_not_measured(sound: Evaluation) -> None:
    column = only(audit({"name": [str(number) for number in range(480)]}, evaluation=sound))
    assert (column.measured, column.levels_found, column.stated) == ((), 480, 480)
    assert "480 different values among the test images, more than the 20" in column.reason
    assert not column.is_class


def test_a_subgroup_of_one_image_is_measured_and_too_small_to_say(sound: Evaluation) -> None:
    column = only(audit({"site": ["b", *["a"] * 479]}, evaluation=sound))
    a, b = column.subgroups
    assert (b.images, b.cases, b.is_too_small, a.is_too_small) == (1, 1, True, True)
    assert verdict_words(b) == "too few to say"
    assert not b.metrics.balanced_accuracy.is_defined


def test_images_of_one_level_have_nothing_to_be_compared_with(sound: Evaluation) -> None:
    column = only(audit({"site": ["a"] * 479 + [""]}, evaluation=sound))
    assert [subgroup.gaps for subgroup in column.subgroups] == [()]
    assert column_sentences(column)[0] == "Not compared: all images that state it have the same, a."


def test_metadata_that_are_the_class_are_called_so(sound: Evaluation) -> None:
    names = [sound.classes[label] for label in sound.test.labels]
    found = audit({"diagnosis": names}, evaluation=sound)
    assert only(found).is_class
    assert warnings(found)[0].startswith("Subgroups by diagnosis and classes are the same thing")
    assert only(found).association.value == pytest.approx(1.0, abs=0.01)
    finer = audit({"diagnosis": ["early covid", *names[1:]]}, evaluation=sound)
    assert only(finer).is_class
    mixed = audit({"diagnosis": ["normal", *names[1:]]}, evaluation=sound)
    assert not only(mixed).is_class


def test_levels_that_share_patients_count_each_patient_once(sound: Evaluation) -> None:
    view = ["front" if number % 2 else "side" for number in range(480)]
    column = only(audit({"view": view}, evaluation=sound))
    assert [subgroup.cases for subgroup in column.subgroups] == [240, 240]
    gap = column.subgroups[0].gaps[0]
    assert gap.difference.groups == gap.cases_inside == gap.cases_outside == 80
    assert gap.difference.n == 160


def test_an_audit_comes_back_from_json_as_it_was(failing: Evaluation) -> None:
    levels = ["old" if number // 3 % 2 else "new" for number in range(599)] + [""]
    found = audit({"scanner": levels, "sex": [""] * 600, "one": ["b"] + ["a"] * 599}, evaluation=failing)
    text = json.dumps(found.to_dict(), allow_nan=False)
    again = SubgroupAudit.from_dict(json.loads(text))
    assert json.dumps(again.to_dict(), allow_nan=False) == text
    assert again.flagged[0][2] == found.flagged[0][2]


def test_the_summary_holds_every_level_with_its_gaps(failing: Evaluation) -> None:
    levels = ["old" if number // 3 % 2 else "new" for number in range(599)] + [""]
    summary = subgroup_summary(audit({"scanner": levels, "sex": [""] * 600}, evaluation=failing))
    json.dumps(summary, allow_nan=False)
    assert (
        summary["flagged"][0] | {"column": "scanner", "level": "old", "class": "covid", "flagged": True}
        == (summary["flagged"][0])
    )
    scanner = summary["columns"]["scanner"]
    assert sorted(scanner["levels"]) == ["new", "old"]
    assert scanner["not_stated"]["images"] == 1
    assert summary["columns"]["sex"] == {
        "images": 600, "stated": 0, "levels_found": 0, "reason": "no test image states it", "levels": {},
        "not_stated": None,
    }  # fmt: skip


def test_metadata_come_from_the_table_of_images(sound: Evaluation) -> None:
    count = len(sound.test)
    records = [
        ImageRecord(
            name=f"{number}.png",
            encoded=encode(textured(number, size=16)),
            label="covid",
            origin="A" if number < count // 2 else "B",
            metadata={"sex": "F" if number % 4 < 2 else "f "},
        )
        for number in range(count)
    ]
    table = ImageTable.write(records, classes=sound.classes)
    own = dataclasses.replace(sound.test, image_ids=tuple(record.image_id for record in records))
    evaluation = dataclasses.replace(sound, test=own)
    found = audit_subgroups(evaluation, table, settings(), seed=0)
    assert [(column.name, column.levels_found) for column in found.columns] == [("origin", 2), ("sex", 1)]
    chosen = audit_subgroups(evaluation, table, settings(columns=["sex"]), seed=0)
    assert [column.name for column in chosen.columns] == ["sex"]
    with pytest.raises(DataError, match="belong to different data"):
        audit_subgroups(sound, table, settings(), seed=0)


def test_an_origin_that_is_asked_for_and_not_known_is_told(sound: Evaluation) -> None:
    record = ImageRecord(name="1.png", encoded=encode(textured(1)), label="covid")
    table = ImageTable.write([record], classes=sound.classes)
    one = dataclasses.replace(
        sound.test,
        image_ids=(record.image_id,),
        groups=("g",),
        labels=sound.test.labels[:1],
        logits=sound.test.logits[:1],
    )
    evaluation = dataclasses.replace(sound, test=one)
    assert audit_subgroups(evaluation, table, settings(), seed=0).columns == ()
    asked = audit_subgroups(evaluation, table, settings(columns=["origin"]), seed=0)
    assert only(asked).reason == "no test image states it"


def test_a_gap_that_was_not_compared_cannot_be_flagged(failing: Evaluation) -> None:
    gap = only(audit({"site": ["b", *["a"] * 599]}, evaluation=failing)).subgroups[0].gaps[0]
    with pytest.raises(ValueError, match="Expected no flag on sensitivity of covid"):
        dataclasses.replace(gap, is_flagged=True)
    assert Gap.from_dict(gap.to_dict()).difference.reason == gap.difference.reason
