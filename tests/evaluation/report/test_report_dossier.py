"""The dossier in the report."""

import re

import pytest

from medimage.config.dossier import DossierConfig
from medimage.dossier.run_record import RunRecord
from medimage.evaluation.report.report import render_report
from medimage.evaluation.report.report_dossier import render_dossier
from tests.evaluation.report.test_report import _Page
from tests.support.run_records import dossier, report_context, run_record
from tests.support.simulated_predictions import predictions


def page_of(record: RunRecord) -> str:
    return render_report(
        evaluation=record.evaluation,
        gate_report=record.gate_report,
        epochs=record.training.history.epochs,
        context=record.context,
        dossier=render_dossier(dossier(record)),
    )


@pytest.mark.parametrize("bare", [False, True])
def test_every_link_leads_to_a_section_of_the_page_and_nothing_outside(bare: bool) -> None:
    context = report_context(audit=None, shortcuts=None, explanations={}) if bare else report_context()
    html = page_of(run_record(context=context))
    page = _Page(html)
    assert page.open == []
    links = {reference for reference in page.references if not reference.startswith("data:image/")}
    assert len(links) > 3
    assert all(link.startswith("#") for link in links)
    assert {link.removeprefix("#") for link in links} <= set(re.findall(r'id="([^"]+)"', html))


def test_headings_of_the_links_are_those_of_the_sections() -> None:
    html = page_of(run_record())
    for anchor, title in set(re.findall(r'<a href="#([^"]+)">([^<]+)</a>', html)):
        (heading,) = re.findall(rf'<h[23] id="{anchor}">([^<]+)</h[23]>', html)
        assert heading == title


def test_the_guidelines_are_folded_away_with_their_counts_in_view() -> None:
    html = str(render_dossier(dossier(run_record())))
    assert html.count("<details") == html.count("<summary>") == 3
    assert "<details open" not in html
    for name, items in (("CLAIM", "44 items"), ("TRIPOD+AI", "52 items"), ("GMLP", "10 principles")):
        (summary,) = re.findall(rf"<summary>({re.escape(name)}: [^<]+)</summary>", html)
        assert items in summary
        counts = [int(number) for number in re.findall(r"(\d+) (?:answered|in part|blank)", summary)]
        assert sum(counts) == int(items.split()[0])


def test_a_blank_asks_the_authors_and_names_the_key() -> None:
    html = str(render_dossier(dossier(run_record())))
    assert "To be stated by the authors: <code>dossier.ethics</code>" in html
    stated = str(render_dossier(dossier(run_record(dossier={"ethics": "Waived by the committee of X."}))))
    assert "dossier.ethics" not in stated
    assert "Waived by the committee of X." in stated


def test_nothing_that_people_write_becomes_markup() -> None:
    evil = "<script>alert(1)</script>|**b**"
    said = dict.fromkeys(DossierConfig.model_fields, evil)
    test = predictions(classes=(evil, "normal", "tb"), skill=1.0)
    images = {"train": {evil: 5, "normal": 6, "tb": 7}}
    record = run_record(test, dossier=said, context=report_context(split_images=images), subgroups={evil: {}})
    html = page_of(record)
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert _Page(html).open == []


def test_the_section_is_small() -> None:
    assert len(render_dossier(dossier(run_record()))) < 150_000
