import dataclasses
import io
import re

import numpy as np
import pytest
from PIL import Image

from medimage.evaluation.report.audit_section import ROWS_SHOWN, AuditSection
from medimage.evaluation.report.report_audit import render_audit
from tests.support.audited import EVIL, LONG, audited

AUDIT, TABLE = audited()
SECTION = AuditSection.of(AUDIT, TABLE)


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_every_file_is_kept_or_left_out_for_a_counted_reason() -> None:
    assert (SECTION.files_found, SECTION.kept) == (91, 38)
    assert SECTION.quarantined == {"not an image": 50, "exact duplicate": 1, "blank": 1}
    assert SECTION.skipped == {"hidden": 1}
    assert SECTION.left_out == 53


def test_a_section_that_loses_files_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="91 files"):
        dataclasses.replace(SECTION, kept=37)


def test_duplicates_groups_and_crossings_are_those_of_the_audit() -> None:
    assert (SECTION.exact_duplicates, SECTION.clusters, SECTION.clustered_images) == (1, 1, 2)
    assert SECTION.largest_cluster == 2
    assert SECTION.groups == AUDIT.usable["group"].nunique() == 13
    assert SECTION.largest_group == 3
    assert SECTION.unknown_patients == 2
    parts = AUDIT.images[AUDIT.images["given_split"] != ""].groupby("group")["given_split"].nunique()
    assert SECTION.crossings == {
        "groups": (parts > 1).sum(),
        "exact duplicates": 1,
        "clusters of near-duplicates": 1,
    }


def test_without_a_given_split_nothing_is_said_of_its_crossings() -> None:
    audit = dataclasses.replace(AUDIT, images=AUDIT.images.assign(given_split=""))
    section = AuditSection.of(audit)
    assert section.crossings == {}
    assert section.pairs == ()
    assert "The split that came with the data" not in render_audit(section)


def test_near_duplicates_are_drawn_side_by_side_with_their_classes() -> None:
    (pair,) = SECTION.pairs
    assert pair.labels == ("a", "b")
    assert pair.names == (f"a/{EVIL}", f"b/{LONG}")
    pixels = np.asarray(Image.open(io.BytesIO(pair.png)).convert("L"), dtype=float)
    half = pixels.shape[1] // 2
    left, right = pixels[:, : half - 2], pixels[:, -(half - 2) :]
    assert np.corrcoef(left.ravel(), right.ravel())[0, 1] > 0.99


def test_files_of_every_reason_are_among_those_told_one_by_one() -> None:
    assert len(SECTION.excluded) == ROWS_SHOWN
    assert {reason.partition(":")[0] for _, _, reason in SECTION.excluded} == {
        "not an image", "exact duplicate", "blank", "hidden",
    }  # fmt: skip
    assert f"{ROWS_SHOWN} of them, some of each reason; 13 more" in words(render_audit(SECTION))


def test_names_of_files_are_shown_and_never_markup() -> None:
    html = render_audit(SECTION)
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)" in html
    assert "漢字" in html


def test_expectations_are_told_in_words_and_unmet_ones_first() -> None:
    expectations = list(AUDIT.expectations)
    expectations[-1] = dataclasses.replace(expectations[-1], success=False, observed="class b has 1 % of 18")
    html = words(render_audit(dataclasses.replace(SECTION, expectations=tuple(expectations))))
    unmet = sum(not item.success for item in expectations)
    assert f"Expectations: {len(expectations) - unmet} of {len(expectations)} met" in html
    assert html.index("Class b has 1 % of 18") < html.index("Every file should have a label")
    assert "expect_column" not in html


def test_a_clean_audit_says_so() -> None:
    clean = AuditSection(files_found=5, kept=5, quarantined={}, skipped={}, excluded=(), crossings={})
    html = render_audit(clean)
    assert "No file was left out." in html
    assert "No duplicate was found." in html


def test_the_limits_of_looking_for_duplicates_are_told() -> None:
    told = words(render_audit(SECTION))
    assert "Not found are negatives, copies turned by other angles, and parts of an image." in told
