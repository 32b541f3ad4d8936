import dataclasses
import re

import pytest
from markupsafe import escape

from medimage.evaluation.explanation.explanation_result import Explanation
from medimage.evaluation.explanation.sentences import warnings
from medimage.evaluation.report.report_comparison import ComparedCandidate, render_comparison
from medimage.evaluation.subgroups.subgroup_audit import SubgroupAudit
from tests.evaluation.comparison.test_ranking import comparison
from tests.evaluation.report.test_report import _context, _Page
from tests.evaluation.report.test_report_subgroups import audit_of
from tests.support.candidates import CLOSED, Candidate, candidate
from tests.support.explained import NO_MAPS, explanation


def subgroups_of(name: str) -> SubgroupAudit:
    """Returns an audit in which the site is called like the candidate, so that its table can be told."""
    sites = [f"site of {name}" if number // 3 % 2 else "another" for number in range(480)]
    return audit_of(site=sites)


def page(
    explanations: dict[str, Explanation],
    failures: dict[str, str] | None = None,
    montage: bytes | None = None,
    **candidates: Candidate,
) -> str:
    compared = {
        name: ComparedCandidate(
            evaluation=evaluation,
            gate_report=gate_report,
            explanation=explanations[name],
            subgroups=subgroups_of(name),
            training=training,
            changes={"training": {"strategy": "full"}} if name == "full" else {},
        )
        for name, (evaluation, gate_report, training) in candidates.items()
    }
    return render_comparison(comparison(failures, **candidates), compared, context=_context(montage=montage))


BOTH = {"transfer": candidate(wrong=30), "full": candidate(wrong=20, start=50)}


def test_the_page_is_whole_and_shows_the_heat_maps_of_all_candidates_on_the_same_images():
    maps = {"transfer": explanation(predicted="normal"), "full": explanation(predicted="covid")}
    html = page(maps, {"broken": "The loss became <nan>."}, **BOTH)
    parsed = _Page(html)
    assert parsed.open == []
    assert parsed.images_without_text == 0
    assert parsed.tables == parsed.captions
    assert all(reference.startswith(("data:", "#")) for reference in parsed.references)
    assert html.count("full names covid, 0.75") == html.count("transfer names normal, 0.75") == 2
    assert "The loss became &lt;nan&gt;." in html
    assert "strategy: full" in html
    assert "Recommended" not in html


def test_each_candidate_has_its_own_subgroups_and_findings_and_all_have_the_common_ones():
    maps = {"transfer": NO_MAPS, "full": NO_MAPS}
    found = {
        name: (evaluation, dataclasses.replace(gate_report, findings=("found in all", f"of {name}")), training)
        for name, (evaluation, gate_report, training) in BOTH.items()
    }
    html = page(maps, **found)
    assert _Page(html).open == []
    assert html.count("found in all") == 1
    common, full, transfer = re.split(r'<h2 id="candidate-\d">', html)
    assert "found in all" in common
    for name, section in (("full", full), ("transfer", transfer)):
        assert f"<li>of {name}</li>" in section
        assert section.count(f"site of {name}") == 1
        assert "of 7 comparisons" in section


def test_heat_maps_give_way_to_everything_else_on_the_page():
    maps = {"transfer": explanation(predicted="normal"), "full": explanation(predicted="covid")}
    html = page(maps, montage=bytes(3_740_000), **BOTH)
    assert "2 more images are left out" in html
    assert "transfer names" not in html


def test_without_a_recommendation_the_page_says_so():
    closed = {name: candidate(wrong=20 + place, gate=CLOSED) for place, name in enumerate(("transfer", "full"))}
    html = page({"transfer": NO_MAPS, "full": NO_MAPS}, **closed)
    assert "No recommendation" in html
    assert "No heat map could be made" in html
    assert "&lt;no&gt; places" in html


def test_maps_that_are_not_to_be_believed_carry_their_warning():
    unbelievable = explanation(predicted="normal")
    (sentence, *_) = warnings(unbelievable)
    html = page({"transfer": unbelievable, "full": NO_MAPS}, **BOTH)
    assert f"<strong>{escape(sentence)}</strong>" in html
    assert html.count("White frames: known lesions") == 1


@pytest.mark.parametrize("missing", ["transfer", "full"])
def test_a_candidate_without_heat_maps_leaves_its_column_empty(missing):
    maps = {"transfer": explanation(predicted="normal"), "full": explanation(predicted="covid"), missing: NO_MAPS}
    html = page(maps, **BOTH)
    (other,) = {"transfer", "full"} - {missing}
    assert f"{other} names" in html
    assert f"{missing} names" not in html
