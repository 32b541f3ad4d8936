import dataclasses
import html

import pytest

from medimage.evaluation.gate.criterion import Verdict
from medimage.evaluation.report.fold_figures import WHY_POOLED, FoldFigures
from medimage.evaluation.report.report_folds import FoldRow, fold_meanings, render_folds
from medimage.models.history import TrainingHistory
from medimage.models.training_record import TrainingRecord
from tests.evaluation.report.test_report import EPOCH
from tests.evaluation.test_pooling import FOLDS, pool
from tests.support.explained import NO_MAPS
from tests.support.training import specification

RECORD = TrainingRecord(spec=specification(), parameters=11, history=TrainingHistory(epochs=(EPOCH,)))
ROWS = [
    FoldRow.of(FoldFigures.of(fold, fold=number), training=RECORD, explanation=NO_MAPS)
    for number, fold in enumerate(FOLDS)
]


@pytest.mark.parametrize("is_ensemble", [False, True])
def test_the_section_tells_each_fold_the_spread_and_what_counts(is_ensemble):
    section = str(render_folds(ROWS, pool(FOLDS), is_ensemble=is_ensemble))
    text = html.unescape(section)
    for number, fold in enumerate(FOLDS):
        assert f"fold {number}" in text
        assert f"{fold.metrics.balanced_accuracy.value:.3f}" in text
    assert f"{pool(FOLDS).metrics.balanced_accuracy.value:.3f}" in text
    assert " ± " in text
    assert WHY_POOLED in text
    assert "&lt;no&gt; places" in section
    assert ("judged on no unseen image" in text) is is_ensemble


def test_a_fold_in_which_nothing_was_trained_has_no_curves():
    untrained = dataclasses.replace(RECORD, history=TrainingHistory())
    row = FoldRow.of(FoldFigures.of(FOLDS[0], fold=0), training=untrained, explanation=NO_MAPS)
    assert (row.curves, row.training) == (None, "nothing was trained")
    assert "Learning curves" not in render_folds([row], pool(FOLDS), is_ensemble=False)


def test_every_verdict_has_a_meaning_that_promises_no_model_without_an_ensemble():
    alone, together = fold_meanings(is_ensemble=False), fold_meanings(is_ensemble=True)
    assert set(alone) == set(together) == set(Verdict)
    assert "No model is exported" in alone[Verdict.PASS]
    assert "challenger" in together[Verdict.PASS]
