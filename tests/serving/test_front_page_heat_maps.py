"""The front page over a graph that was really exported, with tokens, and with classes of names that try everything."""

import dataclasses
import io
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from medimage.export.onnx_graph import export_onnx
from medimage.models.build import build_network
from medimage.serving.bundle import PackagedBento, build_bento
from medimage.serving.feedback_log.reader import read_feedback_log
from tests.support.browser import WatchedPage, choose, chromium, opened, seen
from tests.support.dicom_files import dicom_bytes, gray_dataset
from tests.support.exported import make_card, make_exported, rules_of
from tests.support.images import encode, textured
from tests.support.served import Served, serving
from tests.support.training import specification

CLASSES = (
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(1)'>",
    "التهاب رئوي, \u202enormal",
    "w" * 200,
    "long name of a finding " * 9,
    *[f"class {number}" for number in range(25)],
)
SPEC = dataclasses.replace(
    specification("test_resnet", size=64, head="medical", options={"output_stride": 8}), classes=CLASSES
)
IMAGE = encode(textured(3))
TOKEN = "ward-3-secret-token"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def bento(tmp_path_factory: pytest.TempPathFactory) -> PackagedBento:
    network = build_network(SPEC, seed=0).eval()
    onnx = export_onnx(network, SPEC, temperature=1.0, opset=20, rules=rules_of(CLASSES, threshold=0.033))
    exported = dataclasses.replace(make_exported(spec=SPEC), onnx=onnx)
    card = make_card(spec=SPEC).with_version("1.2.3").to_dict()
    home = tmp_path_factory.mktemp("home") / "bentoml"
    return build_bento(exported=exported, card=card, name="medimage-test", bento_home=home)


@pytest.fixture(scope="module")
def log_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("logs") / "feedback"


@pytest.fixture(scope="module")
def served(bento: PackagedBento, tmp_path_factory: pytest.TempPathFactory, log_folder: Path) -> Iterator[Served]:
    settings = {"feedback_log": str(log_folder), "tokens": f"ward-3:{TOKEN}"}
    with serving(bento, tmp_path_factory.mktemp("served"), **settings) as served:
        yield served
    log = served.log.read_text()
    assert "Traceback" not in log
    assert TOKEN not in log


@pytest.fixture
def watched(browser: Any, served: Served) -> Iterator[WatchedPage]:
    with opened(browser, served.address) as watched:
        yield watched
        assert watched.hosts == {"127.0.0.1"}


def enter(watched: WatchedPage, token: str = TOKEN) -> None:
    watched.page.fill("#token", token)
    watched.page.press("#token", "Enter")


def map_on_black(watched: WatchedPage) -> np.ndarray:
    """Returns what is seen of the map that is shown where the image is black, of shape [64, 64, 3]."""
    levels = watched.page.evaluate(
        """() => {
          const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 64 });
          const drawing = canvas.getContext("2d");
          drawing.fillRect(0, 0, 64, 64);
          drawing.drawImage(element("map"), 0, 0);
          return [...drawing.getImageData(0, 0, 64, 64).data];
        }"""
    )
    return np.array(levels).reshape(64, 64, 4)[:, :, :3]


def asked_on_black(served: Served, label: str) -> np.ndarray:
    """Returns the same from the service."""
    response = served.client.post(
        "/explain",
        params={"label": label, "layer": "map"},
        files={"image": ("a.png", IMAGE)},
        headers={"Authorization": f"Bearer {TOKEN}"},
    )
    with Image.open(io.BytesIO(response.content)) as picture:
        layer = np.asarray(picture).astype(float)
    return layer[:, :, :3] * layer[:, :, 3:] / 255


def test_a_token_is_asked_for_once_and_what_waits_for_it_is_answered(
    watched: WatchedPage, browser: Any, served: Served, log_folder: Path
) -> None:
    watched.page.wait_for_selector("#token-form", state="visible")
    assert watched.focused() == "token"
    assert watched.page.title() == "Image classifier"
    choose(watched, scan_png=IMAGE)
    assert seen(watched, "status") == "Waiting for a token."
    for token, sentence in (("short", "has 16 to 512 letters"), ("wrong-wrong-wrong-wrong", "is not accepted")):
        enter(watched, token)
        watched.wait_until(f"element('token-message').textContent.includes('{sentence}')")
        assert watched.focused() == "token"
    enter(watched)
    watched.page.wait_for_selector("#answer", state="visible")
    assert not watched.page.is_visible("#token-form")
    watched.page.click("#agree")
    watched.page.wait_for_selector("#given", state="visible")
    assert [row.caller for row in read_feedback_log(log_folder)][-1] == "ward-3"
    watched.page.reload()
    watched.page.wait_for_selector("#card", state="visible")
    assert not watched.page.is_visible("#token-form")
    assert watched.page.evaluate("[localStorage.length, document.cookie]") == [0, ""]
    with opened(browser, served.address) as other_visitor:
        other_visitor.page.wait_for_selector("#token-form", state="visible")
    watched.page.click("#forget")
    watched.page.wait_for_selector("#token-form", state="visible")


def test_the_map_of_any_class_lies_over_the_image(watched: WatchedPage, served: Served) -> None:
    enter(watched)
    choose(watched, scan_png=encode(np.tile(textured(3), (1, 3))))
    watched.page.wait_for_selector("#map", state="visible")
    boxes = [watched.page.locator(name).bounding_box() for name in ("#photo", "#map")]
    assert boxes[0] == boxes[1]
    assert boxes[0]["width"] / boxes[0]["height"] == pytest.approx(3, abs=0.02)
    watched.page.click("#clear")
    choose(watched, scan_png=IMAGE)
    watched.page.wait_for_selector("#map", state="visible")
    first = map_on_black(watched)
    np.testing.assert_allclose(first, asked_on_black(served, watched.page.evaluate("shown.answer.label")), atol=2)
    before = watched.page.get_attribute("#map", "src")
    watched.page.select_option("#map-label", label=CLASSES[1])
    watched.wait_until(f"element('map').src !== '{before}' && element('map-note').hidden")
    np.testing.assert_allclose(map_on_black(watched), asked_on_black(served, CLASSES[1]), atol=2)
    assert np.abs(map_on_black(watched) - first).max() > 20
    watched.page.focus("#strength")
    watched.press("Home")
    assert watched.page.evaluate("getComputedStyle(element('map')).opacity") == "0"
    watched.press("End")
    assert watched.page.evaluate("getComputedStyle(element('map')).opacity") == "1"


@pytest.mark.parametrize("kind", ["DICOM", "TIFF"])
def test_a_file_that_browsers_do_not_show_is_drawn_as_the_model_sees_it(watched: WatchedPage, kind: str) -> None:
    enter(watched)
    data = encode(textured(3), "TIFF") if kind == "TIFF" else dicom_bytes(gray_dataset(textured(3)))
    choose(watched, scan_bin=data)
    watched.page.wait_for_selector("#photo", state="visible")
    assert watched.page.evaluate("[photo.naturalWidth, photo.naturalHeight]") == [64, 64]
    assert "as the model sees it" in seen(watched, "picture-note")
    assert not watched.page.is_visible("#map")
    assert not watched.page.is_visible("#strength")


def test_names_of_classes_are_text_and_nothing_else(browser: Any, served: Served) -> None:
    dialogs: list[str] = []
    for width in (1100, 320):
        with opened(browser, served.address, width=width) as page:
            page.page.on("dialog", lambda dialog: dialogs.append(dialog.message))
            enter(page)
            choose(page, scan_png=IMAGE)
            page.page.wait_for_selector("#map", state="visible")
            page.page.click("#card summary")
            page.page.click("#answer summary")
            page.page.click("#disagree")
            assert page.overflow() <= 0, width
            lines = page.page.locator("#probabilities bdi").all_text_contents()
            assert sorted(lines) == sorted(CLASSES)
            assert f"\u2068{CLASSES[2]}\u2069" in page.page.inner_text("#decision")
            assert page.page.locator("#answer script, #answer img, #card script, #card img").count() == 0
            page.page.select_option("#right-label", label=next(name for name in CLASSES[:2] if name != lines[0]))
            page.page.click("#correction button")
            page.page.wait_for_selector("#given", state="visible")
            assert page.overflow() <= 0, width
    assert dialogs == []


@pytest.mark.proof
def test_a_service_that_ends_meanwhile_costs_no_answer_that_was_given(
    browser: Any, bento: PackagedBento, tmp_path: Path
) -> None:
    images = {f"scan{number:02d}_png": encode(textured(number)) for number in range(20)}
    with ExitStack() as service:
        served = service.enter_context(serving(bento, tmp_path, feedback_log=str(tmp_path / "feedback")))
        with opened(browser, served.address) as watched:
            watched.page.wait_for_selector("#card", state="visible")
            choose(watched, **images)
            assert seen(watched, "status") == "20 answered."
            service.close()
            choose(watched, one_png=IMAGE, two_png=IMAGE)
            assert seen(watched, "status") == "20 answered, 2 not answered."
            assert "cannot be reached" in seen(watched, "error-text")
            assert watched.page.is_visible("#retry")
            watched.page.locator("#entries button").first.click()
            assert watched.page.is_visible("#answer")
            watched.page.click("#agree")
            watched.page.wait_for_selector("#feedback-error", state="visible")
            assert "cannot be reached" in seen(watched, "feedback-error")
            assert watched.page.is_enabled("#agree")
