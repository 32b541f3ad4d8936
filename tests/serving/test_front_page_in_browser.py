"""The front page as a person uses it, in a real browser with a served Bento."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medimage.serving.bundle import PackagedBento
from medimage.serving.feedback_log.reader import latest_feedback, read_feedback_log
from tests.support.browser import WatchedPage, choose, chromium, opened, seen
from tests.support.exported import CLASSES
from tests.support.images import encode
from tests.support.served import GOOD, GRADIENT, Served, serving

UNSURE = encode(np.full((64, 64), 10, np.uint8))
"""An image that the model abstains on and that is unlike the training images."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def log_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("logs") / "feedback"


@pytest.fixture(scope="module")
def served(bento: PackagedBento, tmp_path_factory: pytest.TempPathFactory, log_folder: Path) -> Iterator[Served]:
    with serving(bento, tmp_path_factory.mktemp("served"), feedback_log=str(log_folder)) as served:
        yield served
    assert "Traceback" not in served.log.read_text()


@pytest.fixture
def watched(browser: Any, served: Served) -> Iterator[WatchedPage]:
    with opened(browser, served.address) as watched:
        yield watched
        assert watched.hosts == {"127.0.0.1"}


def test_an_image_is_answered_with_what_the_service_says_of_it(watched: WatchedPage, served: Served) -> None:
    choose(watched, scan_png=GOOD)
    answer = served.client.post("/predict", files={"image": ("a.png", GOOD)}).json()
    assert seen(watched, "label") == f"bright {100 * answer['confidence']:.1f} %"
    assert seen(watched, "decision") == answer["decision"]["meaning"]
    assert seen(watched, "conformal") == (
        "Cannot be excluded, with a chance of 90 % that the right class is among them: bright."
    )
    assert seen(watched, "abstention") == seen(watched, "warnings") == seen(watched, "error") == ""
    lines = watched.page.locator("#probabilities li").all_text_contents()
    ranked = sorted(answer["probabilities"].items(), key=lambda pair: -pair[1])
    assert [name in line and f"{100 * value:.1f} %" in line for (name, value), line in zip(ranked, lines, strict=True)]
    assert [("●" in line, "not reached" in line) for line in lines] == [(True, False), (False, True), (False, False)]
    shares = watched.page.eval_on_selector_all("#probabilities .fill", "fills => fills.map(fill => fill.offsetWidth)")
    assert shares[1] / shares[0] == pytest.approx(ranked[1][1] / ranked[0][1], abs=0.02)
    watched.page.click("#answer summary")
    assert answer["model"]["sha256"] in seen(watched, "facts")
    assert "lung-brightness 1.2.3" in seen(watched, "facts")
    assert watched.page.title() == "lung-brightness 1.2.3"


def test_what_is_unsure_and_unusual_is_told_before_the_probabilities(watched: WatchedPage, served: Served) -> None:
    choose(watched, scan_png=UNSURE)
    answer = served.client.post("/predict", files={"image": ("a.png", UNSURE)}).json()
    assert seen(watched, "eyebrow") == "Most probable, and too unsure to be used"
    assert seen(watched, "abstention") == f"The model abstains. {answer['abstention']['reason']}"
    assert len(answer["warnings"]) == 2
    assert all(warning["message"] in seen(watched, "warnings") for warning in answer["warnings"])


def test_the_model_card_is_read_as_text(watched: WatchedPage) -> None:
    watched.page.click("#card summary")
    card = seen(watched, "card-content")
    assert "Every output is to be read by a person who knows the images." in card
    assert "0.930 (0.880 to 0.960)" in card
    assert "sensitivity, other|one\tnot known" in card
    assert "Verdict: PASS" in card
    assert "{" not in card


def test_everything_is_done_with_the_keyboard(watched: WatchedPage, log_folder: Path) -> None:
    watched.tab_to("files")
    # What a click on it does is the browser's own; headless, it does not always tell that it asked for files.
    watched.page.evaluate("window.clicks = 0; files.addEventListener('click', () => { window.clicks += 1; })")
    watched.press("Enter")
    watched.wait_until("window.clicks === 1")
    choose(watched, scan_png=GOOD)
    watched.page.wait_for_selector("#answer", state="visible")
    assert watched.focused() == "name"
    watched.tab_to("disagree")
    watched.press("Enter")
    assert watched.focused() == "right-label"
    watched.press("o", "Tab", "Enter")
    watched.page.wait_for_selector("#given", state="visible")
    assert watched.focused() == "given-text"
    assert seen(watched, "given-text") == "Kept: it is other|one."
    (*_, row) = read_feedback_log(log_folder)
    prediction = watched.page.evaluate("shown.answer.prediction_id")
    assert (row.prediction_id, row.agrees, row.label, row.caller) == (prediction, False, "other|one", None)
    assert row.model.name == "lung-brightness"
    watched.press("Tab", "Tab", "Enter")  # past the button that changes it
    assert watched.page.is_visible("#facts")
    watched.tab_to("clear")
    watched.press("Enter")
    assert watched.focused() == "files"
    assert not watched.page.is_visible("#work")


def test_a_double_click_is_one_row_and_a_change_of_mind_another(watched: WatchedPage, log_folder: Path) -> None:
    choose(watched, scan_png=GOOD)
    prediction = watched.page.evaluate("shown.answer.prediction_id")
    watched.page.evaluate("() => { for (let i = 0; i < 5; i++) element('agree').click(); }")
    watched.page.wait_for_selector("#given", state="visible")
    watched.page.click("#change")
    watched.page.click("#disagree")
    watched.page.select_option("#right-label", label="None of the model's classes")
    watched.page.click("#correction button")
    watched.wait_until("element('given-text').textContent.includes('none of')")
    rows = [row for row in read_feedback_log(log_folder) if row.prediction_id == prediction]
    assert [(row.agrees, row.label) for row in rows] == [(True, None), (False, None)]
    assert latest_feedback(rows) == (rows[1],)


def test_a_file_that_is_no_image_is_refused_with_the_services_sentence(watched: WatchedPage, served: Served) -> None:
    choose(watched, notes_png=b"no image")
    sentence = served.client.post("/predict", files={"image": ("a.png", b"no image")}).json()["error"]
    assert seen(watched, "error-text") == sentence
    assert watched.focused() == "name"
    assert not any(watched.page.is_visible(f"#{part}") for part in ("answer", "retry", "picture"))


def test_several_images_are_answered_each_by_itself(watched: WatchedPage) -> None:
    choose(watched, first_png=GOOD, second_png=b"no image", third_png=UNSURE)
    assert seen(watched, "status") == "2 answered, 1 not accepted."
    assert seen(watched, "entries").split("\n") == [
        *("first.png", "bright 70.0 %"),
        *("second.png", "not accepted"),
        *("third.png", "abstained, 2 warnings"),
    ]
    watched.page.focus("#entries button")
    watched.press("ArrowDown", "ArrowDown")
    assert seen(watched, "name") == "third.png"
    assert "abstains" in seen(watched, "abstention")


@pytest.mark.parametrize("way", ["drop", "paste"])
def test_images_come_by_dropping_and_pasting(watched: WatchedPage, way: str) -> None:
    watched.page.evaluate(
        """([way, content]) => {
          const data = new DataTransfer();
          data.items.add(new File([new Uint8Array(content)], "scan.png", { type: "image/png" }));
          const [kind, key] = way === "drop" ? [DragEvent, "dataTransfer"] : [ClipboardEvent, "clipboardData"];
          document.body.dispatchEvent(new kind(way, { [key]: data, bubbles: true, cancelable: true }));
        }""",
        [way, list(GOOD)],
    )
    watched.page.wait_for_selector("#answer", state="visible")
    assert seen(watched, "name") == "scan.png"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_narrow_screens_need_no_scrolling_aside_and_text_stands_out(browser: Any, served: Served, scheme: str) -> None:
    with opened(browser, served.address, width=320, scheme=scheme) as watched:
        states: list[dict[str, bytes]] = [
            {"a_png": UNSURE},
            {"patient" * 30 + "_png": GOOD},
            {"wide_png": encode(np.tile(GRADIENT, (1, 40)))},
            {"tall_png": encode(np.tile(GRADIENT, (40, 1)))},
            {"notes_png": b"no image"},
        ]
        watched.page.click("#card summary")
        for files in states:
            choose(watched, **files)
            watched.page.evaluate("showImage(images.at(-1))")
            if watched.page.is_visible("#answer"):
                watched.page.click("#disagree")
            assert watched.overflow() <= 0, files.keys()
            contrasts = watched.contrasts()
            assert len(contrasts) > 40
            assert min(contrasts.values()) >= 4.5, sorted(contrasts.items(), key=lambda pair: pair[1])[:3]


def test_a_person_who_disagrees_chooses_among_the_other_classes(watched: WatchedPage) -> None:
    choose(watched, scan_png=GOOD)
    watched.page.click("#disagree")
    options = watched.page.locator("#right-label option").all_text_contents()
    assert options == ["Choose…", *CLASSES[1:], "None of the model's classes"]


def test_nothing_is_sent_before_a_class_is_chosen(watched: WatchedPage) -> None:
    choose(watched, scan_png=GOOD)
    watched.page.click("#disagree")
    watched.page.click("#correction button")
    assert watched.focused() == "right-label"
    assert not [address for address in watched.requests if address.endswith("/feedback")]
