import dataclasses
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from medimage.config.gate import GateConfig
from medimage.evaluation.decision.calibration import Temperature
from medimage.evaluation.gate.gate import judge
from medimage.evaluation.predictions import PredictionsOnTest
from medimage.evaluation.report.audit_section import AuditSection
from medimage.evaluation.report.report import render_report
from medimage.evaluation.report.report_context import ReportContext
from medimage.models.history import EpochRecord
from tests.support.audited import audited
from tests.support.explained import explanation
from tests.support.simulated_predictions import FINDINGS, evaluation_of, of_arrays, predictions

AUDIT_SECTION = AuditSection.of(*audited())
EPOCH = EpochRecord(
    stage=1, epoch=1, train_loss=1.0, train_accuracy=0.5, validation_loss=0.9, validation_accuracy=0.6,
    head_learning_rate=1e-4, backbone_learning_rate=0.0, seconds=1.0,
)  # fmt: skip


class _Page(HTMLParser):
    """Collects what the tests ask about: open tags, references, alternative texts, captions, headings."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.references: list[str] = []
        self.images_without_text = 0
        self.tables, self.captions = 0, 0
        self.headings: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.references += [value for name, value in attrs if name in ("src", "href") and value]
        self.images_without_text += tag == "img" and not values.get("alt")
        self.tables += tag == "table"
        self.captions += tag == "caption"
        if tag in ("h1", "h2", "h3"):
            self.headings.append(tag)
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def _noise(seed: int, side: int = 64) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 255, (side, side), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def _context(**changes) -> ReportContext:
    values = {
        "problem": "lung",
        "description": "Chest X-rays.",
        "model": "resnet18 at 128 px",
        "run_id": "run-1",
        "created": "2024-01-01T00:00:00+00:00",
        "split_images": {"training": {"covid": 5, "normal": 6, "tb": 7}, "test": {"covid": 1, "normal": 2, "tb": 3}},
        "split_cases": {"training": {"covid": 4, "normal": 4, "tb": 4}},
        "audit": AUDIT_SECTION,
        "montage": _noise(0),
        "explanations": {"": explanation()},
        "configuration": "problem: lung\n",
        "provenance": {"data hash": "sha256:abc"},
    }
    return ReportContext(**{**values, **changes})


def _render(test: PredictionsOnTest | None = None, *, epochs=(EPOCH,), context: ReportContext | None = None) -> str:
    evaluation = evaluation_of(test or predictions())
    gate_report = judge(evaluation=evaluation, data_findings=FINDINGS, config=GateConfig())
    return render_report(evaluation=evaluation, gate_report=gate_report, epochs=epochs, context=context or _context())


@pytest.fixture(scope="module")
def html() -> str:
    """A whole report."""
    return _render()


def test_page_is_well_formed_and_refers_to_nothing_outside_itself(html: str) -> None:
    page = _Page(html)
    assert page.open == []
    assert page.references
    assert all(
        reference.startswith(tuple(f"data:image/{kind};base64," for kind in ("svg+xml", "png", "jpeg")))
        for reference in page.references
    )


def test_page_is_accessible(html: str) -> None:
    page = _Page(html)
    assert page.images_without_text == 0
    assert page.tables == page.captions > 4
    assert page.headings[0] == "h1"
    assert page.headings.count("h1") == 1


def test_verdict_and_its_reason_come_first() -> None:
    html = _render(predictions(images=30))
    words = re.sub(r"<[^>]+>", " ", html[html.index("<body>") :])
    assert words.index("INCONCLUSIVE") < words.index("Accuracy") < words.index("The gate")
    assert "more independent cases of" in words


def test_page_shows_data_configuration_and_origin(html: str) -> None:
    for text in ("5 (4)", "27.8 % (+2.8)", "Audit of the data", "equal files, left out", "problem: lung", "sha256:abc",
                 "a test machine", "Integrated gradients", "Matthews&#39; correlation",
                 "For research use only"):  # fmt: skip
        assert text in html


def test_a_temperature_says_what_it_rests_on() -> None:
    evaluation = evaluation_of(predictions())
    gate_report = judge(evaluation=evaluation, data_findings=FINDINGS, config=GateConfig())
    told = {}
    for without_errors in (False, True):
        temperature = Temperature(value=0.5, fitted_on="validation", cases=60, without_errors=without_errors)
        told[without_errors] = render_report(
            evaluation=dataclasses.replace(evaluation, temperature=temperature),
            gate_report=gate_report,
            epochs=(EPOCH,),
            context=_context(),
        )
    assert "Temperature 0.500, fitted on 60 validation cases.<" in told[False]
    assert "60 validation cases, all of them right: their number alone says how sure" in told[True]


def test_a_case_with_images_of_several_classes_is_counted_once_in_the_total() -> None:
    html = _render(context=_context(split_case_totals={"training": 9}))
    assert "<strong>18 (9)</strong>" in html
    assert "<strong>6</strong>" in html


def test_shares_of_classes_stand_beside_the_whole() -> None:
    html = _render(context=_context(split_images={"train": {"covid": 30, "normal": 70}, "test": {"covid": 20}}))
    # 50 of 120 images are of covid.
    assert "30.0 % (-11.7)" in html
    assert "100.0 % (+58.3)" in html


def test_images_in_no_part_are_counted_by_reason() -> None:
    html = _render(context=_context(split_left_out={"near the test set": 3}))
    assert "In no part: 3 near the test set." in html


def test_what_the_data_say_cannot_become_markup() -> None:
    evil = "<script>alert(1)</script>"
    test = predictions(classes=(evil, "normal", "tb"))
    html = _render(test, context=_context(problem=evil, provenance={evil: evil}, configuration=evil))
    assert evil not in html
    assert "&lt;script&gt;" in html


@pytest.mark.parametrize(
    "test",
    [
        of_arrays(np.array([0]), np.array([[9.0, 0, 0]])),
        of_arrays(np.arange(60) % 2, 9 * np.eye(3)[np.arange(60) % 2]),
        of_arrays(np.arange(60) % 3, np.tile([1.0, 0, 0], (60, 1))),
    ],
    ids=["one image", "a class absent", "always the same answer"],
)
def test_degenerate_evaluations_are_rendered_with_their_reasons(test: PredictionsOnTest) -> None:
    html = _render(test, epochs=(), context=_context(montage=None, explanations={}, split_cases={}))
    assert _Page(html).open == []
    assert ">nan" not in html
    assert "undefined" in html or "no test image" in html
