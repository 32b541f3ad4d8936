import re

from medimage.evaluation.comparison.model_ranking import GraphFacts, rank_models
from medimage.evaluation.report.report_context import ReportContext
from medimage.evaluation.report.report_models import ReportedModel, render_models
from tests.evaluation.report.test_report_subgroups import SITES, audit_of
from tests.support.candidates import CLOSED, candidate

CONTEXT = ReportContext(
    problem="lung", description="", model="2 registered models", run_id="run", created="2026-01-02",
    split_images={"images": {"covid": 100, "normal": 100, "tb": 100}},
    split_cases={"images": {"covid": 90, "normal": 100, "tb": 100}}, provenance={"images": "abc"},
)  # fmt: skip


def page() -> str:
    models = {"lung version 1": candidate(wrong=20), "lung <b> version 2": candidate(wrong=90, start=7, gate=CLOSED)}
    ranking = rank_models(
        [GraphFacts(name=name, sha256=name, parameters=1000) for name in models],
        [each[0] for each in models.values()],
        [each[1] for each in models.values()],
        failures={"brain version 1": "it answers with other classes"},
        seen=4, offered=300, resamples=200, seed=0,
    )  # fmt: skip
    reported = {
        name: ReportedModel(evaluation=each[0], gate_report=each[1], subgroups=audit_of(site=SITES))
        for name, each in models.items()
    }
    return render_models(ranking, reported, context=CONTEXT, judged_on="every usable image of the source")


def test_the_page_has_ranking_verdicts_and_failures_and_needs_nothing_else() -> None:
    html = page()
    assert not re.findall(r"(?:src|href)=[\"'](?!data:|#)[^\"']+", html)
    assert html.index("lung version 1") < html.index("lung &lt;b&gt; version 2")
    assert "brain version 1: it answers with other classes" in html
    assert "4 models have been judged on these images" in html
    assert "100 (90)" in html
    assert html.count("of 7 comparisons flagged</summary>") == 2
    assert "every usable image of the source" in html
    assert "of which 300 were judged by every model and are what the ranking" in html
