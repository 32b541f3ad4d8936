import dataclasses
import json

import numpy as np
import pytest

from medimage.evaluation.comparison.model_ranking import GraphFacts, ModelRanking, rank_models
from medimage.evaluation.comparison.model_ranking_table import COLUMNS, ranking_rows, ranking_table
from medimage.evaluation.evaluation import Evaluation
from tests.support.candidates import CLOSED, Candidate, candidate


def on_rows(evaluation: Evaluation, rows: range) -> Evaluation:
    return dataclasses.replace(evaluation, test=evaluation.test.on([evaluation.test.image_ids[row] for row in rows]))


def ranked(failures: dict[str, str] | None = None, **models: Candidate) -> ModelRanking:
    return rank_models(
        [GraphFacts(name=name, sha256=name, parameters=1000 + place) for place, name in enumerate(models)],
        [each[0] for each in models.values()],
        [each[1] for each in models.values()],
        failures=failures or {},
        seen=len(models),
        offered=300,
        resamples=300,
        seed=0,
    )


def test_the_best_on_the_same_images_is_first_and_recommended() -> None:
    found = ranked(few=candidate(wrong=30), many=candidate(wrong=90, start=7))
    assert [result.name for result in found.ranking] == ["few", "many"]
    assert found.recommended == "few"
    behind = found.ranking[1].behind
    assert behind is not None
    assert behind.is_distinguishable
    assert (found.common, found.ranking[0].left_out) == (300, 0)


def test_models_are_compared_on_the_images_that_both_were_judged_on() -> None:
    # All of the first one's errors lie in images that the other one has seen.
    first, second = candidate(wrong=60), candidate(wrong=20, start=200)
    second = (on_rows(second[0], range(100, 300)), *second[1:])
    found = ranked(first=first, second=second)
    assert [result.name for result in found.ranking] == ["first", "second"]
    assert (found.common, found.ranking[1].left_out, found.ranking[1].images) == (200, 100, 200)
    behind = found.ranking[1].behind
    assert behind is not None
    assert (behind.only_first, behind.only_second) == (20, 0)


def test_without_a_common_image_nothing_is_compared() -> None:
    one, other = candidate(wrong=60), candidate(wrong=20, start=200)
    found = ranked(one=(on_rows(one[0], range(150)), *one[1:]), other=(on_rows(other[0], range(150, 300)), *other[1:]))
    assert found.common == 0
    assert all(result.behind is None for result in found.ranking)
    assert found.recommended == found.ranking[0].name
    assert "none was compared with another" in found.reason


def test_the_fastest_is_not_recommended_where_nothing_was_compared() -> None:
    slow, fast = candidate(wrong=10, ms=40.0), candidate(wrong=75, start=200, ms=4.0)
    found = ranked(slow=(on_rows(slow[0], range(150)), *slow[1:]), fast=(on_rows(fast[0], range(150, 300)), *fast[1:]))
    assert found.recommended == "slow"


def test_only_what_was_compared_is_called_alike() -> None:
    best = candidate(wrong=20, ms=40.0)
    found = ranked(best=best, fast=candidate(wrong=24, start=60, ms=4.0), other=candidate(wrong=22, start=120, ms=40.0))
    assert found.recommended == "fast"
    assert "cannot be told from best, the best, by paired differences" in found.reason
    assert "other" not in found.reason


def test_a_model_may_know_a_class_that_the_images_have_none_of() -> None:
    one, other = candidate(wrong=20), candidate(wrong=90)

    def knowing_more(predictions):
        logits = np.column_stack([predictions.logits, np.full(len(predictions), -9.0, np.float32)])
        return dataclasses.replace(predictions, classes=(*predictions.classes, "flu"), logits=logits)

    wider = dataclasses.replace(
        other[0], test=knowing_more(other[0].test), validation=knowing_more(other[0].validation)
    )
    found = ranked(one=one, other=(wider, *other[1:]))
    expected = ranked(one=one, other=other).ranking[1].behind
    assert found.ranking[1].behind == expected


def test_models_that_leave_out_different_images_have_all_been_judged() -> None:
    one, other = candidate(wrong=20), candidate(wrong=30)
    both = rank_models(
        [GraphFacts(name=name, sha256=name, parameters=1) for name in ("one", "other")],
        [one[0], on_rows(other[0], range(100, 300))],
        [one[1], other[1]],
        failures={}, seen=1, offered=300, resamples=200, seed=0,
    )  # fmt: skip
    assert both.seen == 2


def test_none_is_recommended_where_none_passed_and_failures_are_told() -> None:
    found = ranked({"foreign": "other classes"}, one=candidate(wrong=20, gate=CLOSED))
    assert found.recommended is None
    rows = ranking_rows(found)
    assert [row[-1] for row in rows] == ["FAIL", "not judged"]
    assert {len(row) for row in rows} == {len(COLUMNS)}
    assert ranking_table(found).row_count == 2


def test_it_comes_back_from_json() -> None:
    found = ranked({"foreign": "why"}, one=candidate(wrong=20), two=candidate(wrong=60))
    again = ModelRanking.from_dict(json.loads(json.dumps(found.to_dict())))
    assert again.to_dict() == found.to_dict()


def test_models_of_other_classes_are_refused() -> None:
    one, other = candidate(wrong=20), candidate(wrong=30)
    classes = ("a", "b", "c")
    renamed = dataclasses.replace(
        other[0],
        test=dataclasses.replace(other[0].test, classes=classes),
        validation=dataclasses.replace(other[0].validation, classes=classes),
    )
    with pytest.raises(ValueError, match="same images and classes"):
        ranked(one=one, other=(renamed, *other[1:]))
