import json

import pytest
from sklearn.metrics import accuracy_score, f1_score, recall_score

from medimage.evaluation.comparison.comparison import Comparison
from medimage.evaluation.comparison.comparison_table import COLUMNS, comparison_rows, ranking_table
from medimage.evaluation.comparison.ranking import compare
from tests.support.candidates import CLOSED, LABELS, Candidate, candidate


def comparison(failures: dict[str, str] | None = None, **candidates: Candidate) -> Comparison:
    return compare(
        {name: one[0] for name, one in candidates.items()},
        {name: one[1] for name, one in candidates.items()},
        {name: one[2] for name, one in candidates.items()},
        failures=failures or {},
        seen=len(candidates),
        resamples=500,
        seed=0,
    )


def test_the_ranking_has_the_figures_of_every_candidate_the_best_first():
    made = {"few": candidate(wrong=30), "many": candidate(wrong=90, start=7)}
    found = comparison(**made)
    assert [result.name for result in found.ranking] == ["few", "many"]
    for result in found.ranking:
        predicted = made[result.name][0].probabilities().argmax(axis=1)
        assert result.accuracy.value == pytest.approx(accuracy_score(LABELS, predicted))
        assert result.macro_f1.value == pytest.approx(f1_score(LABELS, predicted, average="macro"))
        assert result.floor.estimate.value == pytest.approx(recall_score(LABELS, predicted, average=None).min())
        assert result.floor.estimate.low < result.floor.estimate.value < result.floor.estimate.high
        assert (result.epochs, result.seconds, result.peak_memory_gib) == (2, 180.0, 1.25)
    assert found.ranking[0].behind is None
    behind = found.ranking[1].behind
    assert behind is not None
    assert behind.is_distinguishable
    assert (found.test_images, found.test_cases) == (300, 300)


@pytest.mark.parametrize(
    ("candidates", "recommended", "because"),
    [
        # One more wrong of 300 is no difference: the faster one.
        ({"slow": {"wrong": 20, "ms": 40.0, "network": "resnet18"}, "fast": {"wrong": 21}}, "fast", "fastest"),
        # Twenty more are one.
        ({"slow": {"wrong": 20, "ms": 40.0, "network": "resnet18"}, "fast": {"wrong": 60}}, "slow", "no other"),
        # As fast: the smaller one.
        (
            {
                "large": {"wrong": 20, "ms": 10.5, "network": "resnet18", "parameters": 9_000_000},
                "small": {"wrong": 21},
            },
            "small",
            "smallest (2,000,000 parameters)",
        ),
        # The same network is as fast, whatever was timed: the better one.
        ({"better": {"wrong": 20, "ms": 40.0}, "worse": {"wrong": 21, "ms": 4.0}}, "better", "ranks higher"),
        # Nothing is called higher where nothing is.
        ({"b": {"wrong": 20}, "a": {"wrong": 20, "start": 100}}, "a", "as small ranks higher"),
        # What did not pass is not recommended, however fast it is.
        (
            {"passed": {"wrong": 21, "ms": 40.0, "network": "resnet18"}, "closed": {"wrong": 20, "gate": CLOSED}},
            "passed",
            "cannot be told from closed",
        ),
        # Nor where it is better beyond doubt; that is told.
        ({"passed": {"wrong": 90}, "closed": {"wrong": 20, "gate": CLOSED}}, "passed", "closed is better beyond doubt"),
        ({"one": {"wrong": 20, "gate": CLOSED}, "two": {"wrong": 21, "gate": CLOSED}}, None, "No candidate passed"),
    ],
)
def test_the_fastest_of_those_that_passed_and_are_as_good_as_the_best_is_recommended(candidates, recommended, because):
    found = comparison(**{name: candidate(**values) for name, values in candidates.items()})
    assert found.recommended == recommended
    assert because in found.reason


def test_the_order_of_the_configuration_decides_nothing():
    one, two = candidate(wrong=20), candidate(wrong=20, start=100)
    assert comparison(b=one, a=two).recommended == comparison(a=two, b=one).recommended == "a"


def test_a_candidate_that_failed_is_told_and_loses_no_other():
    found = comparison({"broken": "The loss became nan."}, one=candidate(wrong=20))
    rows = comparison_rows(found)
    assert [row[0] for row in rows] == ["one", "broken"]
    assert rows[1][-1] == "failed"
    assert {len(row) for row in rows} == {len(COLUMNS)}
    assert ranking_table(found).row_count == 2


def test_a_comparison_comes_back_from_json():
    found = comparison({"broken": "why"}, one=candidate(wrong=20), two=candidate(wrong=60))
    again = Comparison.from_dict(json.loads(json.dumps(found.to_dict())))
    assert again.to_dict() == found.to_dict()
    assert again.recommended == found.recommended


def test_a_candidate_that_did_not_pass_cannot_be_recommended():
    found = comparison(one=candidate(wrong=20, gate=CLOSED))
    with pytest.raises(ValueError, match="passed the gate"):
        Comparison.from_dict({**found.to_dict(), "recommended": "one"})
