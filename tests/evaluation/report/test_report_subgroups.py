import re
import xml.etree.ElementTree as ET
from html import unescape

import numpy as np
import pytest

from medimage.config.evaluation import EvaluationConfig
from medimage.data.image_metadata import ImageLevels
from medimage.evaluation.figures.subgroups import draw_subgroups
from medimage.evaluation.report.report_subgroups import render_subgroups, subgroups_page
from medimage.evaluation.subgroups.audit_subgroups import measure_subgroups
from medimage.evaluation.subgroups.sentences import p_words
from medimage.evaluation.subgroups.subgroup_audit import SubgroupAudit
from tests.support.simulated_predictions import evaluation_of, predictions

EVALUATION = evaluation_of(predictions(images=480))
NAMES = [EVALUATION.classes[label] for label in EVALUATION.test.labels]
SITES = ["<b>A</b> & $x$" if number // 3 % 2 else "Zürich" for number in range(480)]


def audit_of(**metadata: list[str]) -> SubgroupAudit:
    probabilities = EVALUATION.probabilities()
    missed = np.asarray([site != "Zürich" for site in SITES]) & (EVALUATION.test.labels == 0)
    probabilities[missed] = probabilities[missed][:, [1, 0, 2]]
    return measure_subgroups(
        probabilities=probabilities,
        test=EVALUATION.test,
        whole=EVALUATION.metrics,
        metadata={name: ImageLevels(levels=tuple(levels), contradictions=0) for name, levels in metadata.items()},
        config=EvaluationConfig(bootstrap_resamples=200),
        seed=0,
    )


def text_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def test_every_subgroup_has_a_row_and_what_is_flagged_is_said_in_words() -> None:
    sex = ["f" if number // 6 % 2 else "m" for number in range(478)] + ["", ""]
    told = text_of(render_subgroups(audit_of(site=SITES, sex=sex)))
    assert "Subgroups by site: sensitivity of covid is lower for" in told
    assert "sensitivity of covid lower" in told
    assert "no gap flagged in 7" in told
    assert "not stated 2 (2)" in told
    assert "14 comparisons of a subgroup with all other images" in told
    assert "flagged, p < 0.0001" in told


def test_names_of_subgroups_are_text_and_no_markup() -> None:
    html = str(render_subgroups(audit_of(site=SITES)))
    assert "<b>A</b>" not in html
    assert "&lt;b&gt;A&lt;/b&gt; &amp; $x$" in html
    assert "Zürich" in html


def test_the_section_is_well_formed_with_every_kind_of_column() -> None:
    many = [str(number) for number in range(480)]
    audit = audit_of(site=SITES, diagnosis=NAMES, empty=[""] * 480, many=many, one=["x"] * 480)
    page = render_subgroups(audit)
    # HTML, unlike XML, has elements without an end.
    root = ET.fromstring(re.sub(r"(<img [^>]*)>", r"\1/>", str(page)))
    assert [heading.text for heading in root.iter("h3")] == ["site", "diagnosis", "empty", "many", "one"]
    # Nothing is drawn where nothing was measured, and where subgroups are the classes.
    assert len(list(root.iter("img"))) == 2
    told = text_of(str(page))
    assert "Not measured: no test image states it." in told
    assert "480 different values" in told
    assert "classes are the same thing" in told


def test_without_metadata_there_is_no_section() -> None:
    assert render_subgroups(audit_of()) == ""
    assert "No metadata of the images are known." in subgroups_page(audit_of())


def test_a_column_that_was_not_measured_cannot_be_drawn() -> None:
    audit = audit_of(empty=[""] * 480)
    with pytest.raises(ValueError, match="nothing was measured: no test image states it"):
        draw_subgroups(audit.columns[0], audit.whole)


def test_the_same_audit_gives_the_same_picture() -> None:
    pictures = [draw_subgroups(audit.columns[0], audit.whole) for audit in (audit_of(site=SITES), audit_of(site=SITES))]
    assert pictures[0] == pictures[1]
    assert pictures[0].startswith(b"<?xml")


@pytest.mark.parametrize(
    ("p", "words"),
    [(1.0, "p = 1"), (0.0312, "p = 0.031"), (0.00012, "p = 0.00012"), (1e-5, "p < 0.0001"), (1e-9, "p < 0.0001")],
)
def test_small_p_values_are_told_as_a_bound(p: float, words: str) -> None:
    assert p_words(p) == words
