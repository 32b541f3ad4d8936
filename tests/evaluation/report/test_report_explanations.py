import html
from dataclasses import replace

import numpy as np

from medimage.evaluation.explanation.explanation_result import Explanation
from medimage.evaluation.explanation.sentences import remarks, warnings
from medimage.evaluation.report.report_explanations import render_explanations
from tests.evaluation.report.test_report import _context, _Page, _render
from tests.support.explained import NO_MAPS, backwards, case, explanation, method

ROOM = 3_000_000


def noisy(count: int, *, classes: int, side: int) -> Explanation:
    cases = tuple(case(n, true_class=f"class {n * classes // count}", side=side, lesions=()) for n in range(count))
    random = np.random.default_rng(0).integers(0, 256, (side, side), dtype=np.uint8)
    noise = tuple(
        replace(each, maps={name: replace(found, heat_map=random) for name, found in each.maps.items()})
        for each in cases
    )
    return Explanation(cases=noise, methods=(method(hits=None),))


def test_the_section_shows_every_case_by_every_method_with_its_prediction() -> None:
    section = str(render_explanations({"": explanation(cases=3)}, room=ROOM))
    page = _Page(section)
    assert page.open == []
    assert page.images_without_text == 0
    assert page.tables == page.captions == 2
    assert section.count("Grad-CAM for b.") == section.count("Integrated gradients for b.") == 3
    assert section.count("Image of class a, wrong.") == 3
    assert "Attention rollout for" not in section


def test_methods_stand_in_the_order_of_the_configuration() -> None:
    for found, first in ((explanation(), "Grad-CAM"), (backwards(explanation()), "Integrated gradients")):
        section = str(render_explanations({"": found}, room=ROOM))
        header = section[section.index('<th scope="col">Image</th>') :]
        assert header.startswith(f'<th scope="col">Image</th><th scope="col">{first}</th>')


def test_the_section_tells_what_the_maps_are_worth() -> None:
    found = explanation()
    text = html.unescape(str(render_explanations({"": found}, room=ROOM)))
    assert all(sentence in text for sentence in (*warnings(found), *remarks(found)))
    for told in ("+0.100", "+0.050 to +0.150", "✓ better", "◇ not shown", "✓ chance 10 %", "75 % of 4",
                 "no maps: it is no transformer", "A heat map shows where the model is sensitive"):  # fmt: skip
        assert told in text


def test_every_class_has_one_table_with_all_of_its_models() -> None:
    both = {"fold 0": explanation(), "fold 1": explanation(predicted="a"), "fold 2": NO_MAPS}
    section = str(render_explanations(both, room=ROOM))
    assert section.count("True class: <strong>a</strong>") == 1
    assert section.count("fold 0: b, 0.75") == section.count("fold 1: a, 0.75") == 2
    assert "fold 2: Grad-CAM: &lt;no&gt; places" in section


def test_without_maps_the_section_says_why() -> None:
    section = str(render_explanations({"": NO_MAPS}, room=ROOM))
    assert "No heat maps: Grad-CAM: &lt;no&gt; places." in section
    assert "<table" not in section


def test_a_map_without_evidence_is_marked() -> None:
    found = explanation()
    empty = replace(found.cases[0].maps["grad_cam"], heat_map=np.zeros((8, 8), np.uint8))
    dark = replace(found.cases[0], maps={**found.cases[0].maps, "grad_cam": empty})
    section = str(render_explanations({"": replace(found, cases=(dark, *found.cases[1:]))}, room=ROOM))
    assert section.count("<small>no evidence</small>") == 1


def test_page_stays_below_five_megabytes_and_leaves_out_as_many_of_every_class() -> None:
    many = noisy(120, classes=4, side=160)
    page = _render(context=_context(explanations={"": many}))
    assert len(page) < 5_000_000
    shown = [page.count(f"Image of class class {number},") for number in range(4)]
    assert 0 < sum(shown) < 120
    assert max(shown) - min(shown) <= 1
    assert f"{120 - sum(shown)} more images are left out" in page


def test_the_gallery_gives_way_to_everything_else_on_the_page() -> None:
    many = noisy(120, classes=4, side=160)
    pages = [
        _render(context=_context(explanations={"": many}, montage=np.random.default_rng(0).bytes(size)))
        for size in (100, 2_500_000)
    ]
    shown = [page.count("Image of class") for page in pages]
    assert shown[0] > shown[1] > 0
    # In base 64 the larger one takes 3.3 of 5 megabytes.
    assert 4_500_000 < len(pages[1].encode()) < 5_000_000


def test_without_room_every_image_is_left_out_and_told() -> None:
    section = str(render_explanations({"": explanation(cases=3)}, room=0))
    assert "3 more images are left out" in section
    assert "Image of class" not in section


def test_what_the_data_say_cannot_become_markup() -> None:
    evil = "<script>alert(1)</script>"
    section = str(render_explanations({evil: explanation(true_class=evil, predicted=evil)}, room=ROOM))
    assert evil not in section
    assert "&lt;script&gt;" in section
