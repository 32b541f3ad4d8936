"""The page of a run of monitoring, and its pictures."""

import html
import io
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image

from medimage.monitoring.columns_figure import MOST_COLUMNS, draw_columns, most_different
from medimage.monitoring.drift_check import check_drift
from medimage.monitoring.drift_settings import DriftSettings
from medimage.monitoring.feedback_performance import measure_performance
from medimage.monitoring.judgements import Judgements
from medimage.monitoring.monitor import monitor
from medimage.monitoring.monitoring_outcome import MonitoringOutcome
from medimage.monitoring.monitoring_page import render_monitoring
from medimage.monitoring.window import LogNotes, LogWindow
from tests.support.browser import chromium, opened
from tests.support.observed import CLASSES, SHA256, START, logged_rows, observed, reference_of

REFERENCE = reference_of(logged_rows(300, seed=1))
WINDOW = observed(logged_rows(200, seed=2, darker_by=30), REFERENCE)
CHECK = check_drift(REFERENCE.observations, WINDOW)


def outcome(**changes: object) -> MonitoringOutcome:
    values = {
        "model": "lung <1>",
        "sha256": SHA256,
        "made": datetime(2026, 3, 9, tzinfo=UTC),
        "source": "log",
        "first": START,
        "last": datetime(2026, 3, 8, tzinfo=UTC),
        "notes": LogNotes(rows=200),
        "check": CHECK,
        "feedback": None,
    }
    return MonitoringOutcome(**{**values, **changes})  # type: ignore[arg-type]


def page(**changes: object) -> str:
    drawn = most_different(CHECK.columns)
    columns = draw_columns(REFERENCE.observations, WINDOW, drawn)
    return render_monitoring(outcome(**changes), columns=columns, history=b"")


def test_drifted_columns_are_drawn_first_and_no_more_than_fit() -> None:
    drawn = most_different(CHECK.columns)
    assert len(drawn) == MOST_COLUMNS
    assert [each.is_drifted for each in drawn] == sorted((each.is_drifted for each in drawn), reverse=True)
    assert {each.name for each in CHECK.drifted} <= {each.name for each in drawn}


def test_the_picture_has_a_curve_or_bars_for_each_column() -> None:
    picture = draw_columns(REFERENCE.observations, WINDOW, most_different(CHECK.columns))
    ids = [each.get("id", "") for each in ElementTree.fromstring(picture).iter()]
    assert sum(each.startswith("axes_") for each in ids) == MOST_COLUMNS
    with pytest.raises(ValueError, match="at least one"):
        draw_columns(REFERENCE.observations, WINDOW, [])


def test_the_page_tells_all_and_runs_nothing() -> None:
    shown = page()
    assert "<script" not in shown
    assert "lung &lt;1&gt;: changed" in shown
    assert "Images look different" in shown
    assert "Answers from 2026-03-01" in shown
    for column in CHECK.columns:
        assert f">{column.name}<" in shown
    assert "How often the model was right" not in shown


def test_rates_are_on_the_page_where_classes_are_known() -> None:
    answered = {"1": "ill", "2": "well"}
    judgements = Judgements.of_labels({"1": frozenset({"ill"}), "2": frozenset({"ill"})}, answered=answered)
    known = measure_performance(
        judgements, answered=answered, classes=CLASSES, reference=None, settings=DriftSettings()
    )
    shown = page(feedback=known)
    assert ">Labels<" in shown
    assert "0.500 (0.095 to 0.905), n = 2" in shown


def test_too_few_images_have_a_page_as_well(tmp_path: Path) -> None:
    few = observed(logged_rows(3, seed=2), REFERENCE)
    window = LogWindow(observations=few, prediction_ids=("a", "b", "c"), first=None, last=None, notes=LogNotes(rows=3))
    report = monitor(
        REFERENCE,
        window,
        model="lung version 1",
        source="log",
        feedback=None,
        settings=DriftSettings(),
        history=tmp_path / "history.jsonl",
    )
    assert "That is not the same as no drift" in report.page
    assert '<h2 id="columns">' not in report.page
    assert report.evidently == ""
    assert Image.open(io.BytesIO(report.history)).width > 500


def test_the_page_is_shown_where_scripts_are_forbidden_and_asks_for_nothing(tmp_path: Path) -> None:
    frame = f'<iframe sandbox="" srcdoc="{html.escape(page())}" width="1000" height="900"></iframe>'
    place = tmp_path / "frame.html"
    place.write_text(f'<!doctype html><meta charset="utf-8">{frame}', encoding="utf-8")
    with chromium() as browser, opened(browser, place.as_uri()) as watched:
        inside = watched.page.frames[1]
        assert inside.get_by_text("Images look different").is_visible()
        picture = inside.locator("figure img").first
        assert picture.evaluate("async each => { await each.decode(); return each.naturalWidth }") > 300
        assert watched.hosts == {None}
