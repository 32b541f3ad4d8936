import re

from medimage.evaluation.comparison.champion_comparison import ChampionComparison, ChampionStatus
from medimage.evaluation.report.report_champion import render_champion
from tests.support.champions import comparison_of, impossible_comparison


def test_the_section_has_the_ledger_and_a_row_for_every_metric() -> None:
    page = render_champion(comparison_of(champion_wrong=120, candidates=5))
    assert len(re.findall(r"<tr>", page)) == 1 + 8
    assert "120 candidate<small>0 champion</small>" in page
    assert "Against the champion, lung version 3: " in page
    assert "5 models have been judged on this test set" in page
    assert "win, proven" in page
    assert "on the same 900 test images" in page


def test_without_a_comparison_there_is_the_reason_and_no_table() -> None:
    page = render_champion(impossible_comparison("the champion <b>saw</b> them"))
    assert "The champion &lt;b&gt;saw&lt;/b&gt; them" in page
    assert "<table" not in page


def test_a_first_model_has_no_such_section() -> None:
    alone = ChampionComparison(status=ChampionStatus.NO_CHAMPION, reason="there is none", candidates=1, confidence=0.95)
    assert render_champion(alone) == ""
