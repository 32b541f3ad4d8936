"""Evidently says what the check says, and its page needs no network."""

from pathlib import Path

import pytest

from medimage.monitoring.columns import COLUMN_OF
from medimage.monitoring.drift_check import DriftCheck, check_drift
from medimage.monitoring.evidently_page import evidently_html, run_evidently
from medimage.monitoring.observations import Observations
from tests.support.browser import chromium, opened
from tests.support.observed import logged_rows, observed, reference_of

REFERENCE = reference_of(logged_rows(300, seed=1))


def drifted() -> tuple[Observations, DriftCheck]:
    window = observed(logged_rows(200, seed=2, darker_by=20), REFERENCE)
    return window, check_drift(REFERENCE.observations, window)


def test_evidently_has_the_p_values_and_verdicts_of_the_check() -> None:
    window, check = drifted()
    found = run_evidently(REFERENCE.observations, window, check).dict()
    p_values = {metric["config"]["column"]: metric["value"] for metric in found["metrics"]}
    alone = [column for column in check.columns if column.name in COLUMN_OF]
    assert p_values == pytest.approx({column.name: column.p_value for column in alone})
    alarmed = {test["metric_config"]["params"]["column"] for test in found["tests"] if test["status"].value == "FAIL"}
    assert alarmed == {column.name for column in alone if column.is_drifted}
    assert alarmed


def test_the_page_asks_no_server(tmp_path: Path) -> None:
    window, check = drifted()
    page = tmp_path / "page.html"
    page.write_text(evidently_html(REFERENCE.observations, window, check), encoding="utf-8")
    with chromium() as browser, opened(browser, page.as_uri()) as watched:
        watched.page.get_by_text("histogram_distance").first.wait_for()
        assert watched.requests == [page.as_uri()]
