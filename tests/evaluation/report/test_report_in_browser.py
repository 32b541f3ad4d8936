"""The report in a real browser: on a telephone, on a desk, on paper."""

import shutil
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from medimage.evaluation.predictions import PredictionsOnTest
from tests.evaluation.report.test_report import _render
from tests.support.simulated_predictions import of_arrays, predictions

A4 = 718
"""Width of a page without its margins, in pixels of a style sheet."""


def page_of(test: PredictionsOnTest, file: Path) -> Path:
    file.write_text(_render(test))
    return file


@pytest.mark.parametrize("answers", ["good", "always the same"])
def test_no_number_is_cut_off_and_nothing_is_asked_for(tmp_path: Path, answers: str) -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("there is no chromium to look at the page with")
    playwright = pytest.importorskip("playwright.sync_api")
    # Where all is taken for one class, reasons stand in the place of numbers.
    same = of_arrays(np.arange(60) % 3, np.tile([1.0, 0, 0], (60, 1)))
    address = page_of(predictions() if answers == "good" else same, tmp_path / "report.html").as_uri()
    views: list[tuple[int, Literal["print", "screen"]]] = [(A4, "print"), (400, "screen"), (1000, "screen")]
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        requests: list[str] = []
        for width, media in views:
            page = browser.new_page(viewport={"width": width, "height": 800})
            page.on("request", lambda request: requests.append(request.url))
            page.goto(address)
            page.emulate_media(media=media)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (width, media)
        browser.close()
    assert {url for url in requests if not url.startswith("data:")} == {address}
