import json

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score, recall_score, roc_auc_score

from medimage.config.evaluation import EvaluationConfig
from medimage.evaluation.comparison.champion_comparison import ChampionComparison, ChampionStatus
from medimage.evaluation.comparison.champion_table import COLUMNS, champion_rows
from medimage.evaluation.comparison.measure_differences import measure_differences
from medimage.evaluation.comparison.metric_difference import Outcome
from tests.support.champions import CLASSES, comparison_of, impossible_comparison


def test_every_metric_is_that_of_scikit_learn() -> None:
    generator = np.random.default_rng(0)
    labels = np.arange(200) % 3
    probabilities = [generator.dirichlet(np.ones(3), 200) + skill * np.eye(3)[labels] for skill in (0.6, 0.2)]
    challenger, champion = (each / each.sum(axis=1, keepdims=True) for each in probabilities)
    found = measure_differences(
        challenger=challenger, champion=champion, labels=labels, groups=tuple(map(str, range(200))), classes=CLASSES,
        config=EvaluationConfig(bootstrap_resamples=200), seed=0,
    )  # fmt: skip
    by_title = {each.title: each for each in found}
    for name, of in (("challenger", challenger), ("champion", champion)):
        predicted = of.argmax(axis=1)
        expected = {
            "accuracy": accuracy_score(labels, predicted),
            "balanced accuracy": balanced_accuracy_score(labels, predicted),
        }
        for index, label in enumerate(CLASSES):
            expected[f"sensitivity of {label}"] = recall_score(labels, predicted, average=None)[index]
            expected[f"AUROC of {label}"] = roc_auc_score(labels == index, of[:, index])
        assert {title: getattr(each, name) for title, each in by_title.items()} == pytest.approx(expected)
    for each in found:
        assert each.difference.value == pytest.approx(each.challenger - each.champion)
        assert each.adjusted is not None
        assert each.adjusted.low <= each.difference.low
        assert each.adjusted.high >= each.difference.high


def test_the_ledger_counts_wins_ties_and_regressions() -> None:
    better = comparison_of(champion_wrong=120)
    assert better.to_dict()["ledger"]["regressions"] == better.count(Outcome.REGRESSION) == 0
    assert better.count(Outcome.WIN) >= 5
    assert "accuracy" in better.to_dict()["ledger"]["improvements"]
    worse = comparison_of(candidate_wrong=120)
    assert worse.count(Outcome.REGRESSION) == better.count(Outcome.WIN)
    assert not worse.improvements
    alike = comparison_of(candidate_wrong=20, champion_wrong=20, from_row=300)
    assert alike.count(Outcome.TIE) == len(alike.differences)
    assert "8 ties" in alike.sentence()
    assert "better in none of them" in alike.sentence()


def test_a_win_of_one_metric_alone_may_be_none_among_many() -> None:
    found = comparison_of(images=300, champion_wrong=7)
    won = [each for each in found.differences if each.outcome is Outcome.WIN]
    assert won
    assert not any(each.is_improvement for each in won if each.name == "accuracy")


def test_one_image_and_equal_models_are_certain_of_nothing() -> None:
    for found in (comparison_of(images=1), comparison_of(images=300)):
        assert not found.improvements
        assert all(each.outcome is Outcome.TIE for each in found.differences)


def test_it_comes_back_from_json() -> None:
    for found in (comparison_of(images=60, champion_wrong=9), comparison_of(images=2), impossible_comparison()):
        again = ChampionComparison.from_dict(json.loads(json.dumps(found.to_dict(), allow_nan=False)))
        assert again.to_dict() == found.to_dict()


def test_there_is_a_row_for_every_metric() -> None:
    rows = champion_rows(comparison_of(champion_wrong=120))
    assert len(rows) == 8
    assert {len(row) for row in rows} == {len(COLUMNS)}
    assert rows[0][0] == "accuracy"
    assert rows[0][-1] == "win, proven"
    assert rows[0][6:8] == ("120, 0", "< 0.001")


@pytest.mark.parametrize(
    "values",
    [
        {"status": ChampionStatus.COMPARED, "name": "lung", "version": 1},
        {"status": ChampionStatus.NO_CHAMPION},
        {"status": ChampionStatus.SEEN_IMAGES, "reason": "r", "name": "lung", "version": 1},
        {"status": ChampionStatus.OFF, "reason": "r", "name": "lung"},
    ],
)
def test_what_cannot_be_is_refused(values: dict) -> None:
    with pytest.raises(ValueError, match="Expected"):
        ChampionComparison(candidates=1, confidence=0.95, **values)


def test_probabilities_of_other_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"shape \[4, 3\]"):
        measure_differences(
            challenger=np.ones((4, 3)) / 3, champion=np.ones((4, 2)) / 2, labels=np.zeros(4, dtype=np.int64),
            groups=tuple("abcd"), classes=CLASSES, config=EvaluationConfig(), seed=0,
        )  # fmt: skip
