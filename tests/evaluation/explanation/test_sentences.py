from dataclasses import replace

import pytest

from medimage.evaluation.explanation.areas import Areas
from medimage.evaluation.explanation.explained_method import ExplainedMethod
from medimage.evaluation.explanation.explanation_result import Explanation
from medimage.evaluation.explanation.measures_table import MEANINGS, measures_rows
from medimage.evaluation.explanation.sentences import faithfulness, remarks, warnings
from medimage.evaluation.metrics.estimate import Estimate
from tests.support.explained import NO_MAPS, case, estimate, explanation, method


def of(judged: ExplainedMethod) -> Explanation:
    lesions = () if judged.hit_rate is None else case(1).lesions
    return Explanation(cases=(case(1, lesions=lesions),), methods=(judged,))


def test_good_maps_are_told_without_a_warning() -> None:
    assert warnings(of(method())) == ()
    assert faithfulness(of(method()))["Grad-CAM"] == (
        "over a random map deletion +0.100 (+0.050 to +0.150), insertion +0.100 (+0.050 to +0.150), ROAD +0.100 "
        "(+0.050 to +0.150), n = 4; hottest pixel in a known lesion in 75 % of 4, a random point in 10 %"
    )


def test_maps_that_are_no_better_than_random_by_any_measure_must_not_be_read() -> None:
    (sentence,) = warnings(of(method(advantage=0.04)))
    assert sentence.startswith(
        "Grad-CAM: on 4 images, its maps are not shown to be better than random ones by any measure."
    )


def test_measures_by_which_maps_are_not_better_are_named() -> None:
    judged = method()
    judged = replace(judged, advantages={**judged.advantages, "road": estimate(-0.2)})
    (sentence,) = warnings(of(judged))
    assert "not shown to be better than random maps by ROAD;" in sentence


def test_a_hottest_pixel_that_hits_like_a_random_point_is_told() -> None:
    (sentence,) = warnings(of(method(hits=0.12)))
    assert "not shown to lie in known lesions more often" in sentence


@pytest.mark.parametrize(("agreement", "told"), [(0.69, False), (0.7, True), (0.99, True)])
def test_maps_that_hardly_change_with_random_weights_are_told(agreement: float, told: bool) -> None:
    sentence = f"of the head are replaced by random ones (rank correlation {agreement:.2f})"
    assert any(sentence in each for each in warnings(of(method(agreement=agreement)))) is told


def test_an_advantage_without_an_interval_proves_nothing() -> None:
    judged = method(hits=None)
    lone = Estimate.without_interval(0.5, "all images are of one case", n=1, groups=1)
    judged = replace(judged, advantages=dict.fromkeys(judged.advantages, lone))
    assert "Do not read reasons" in warnings(of(judged))[0]
    cell = measures_rows(of(judged))[0].cells[0]
    assert (cell.value, cell.interval, cell.verdict) == (
        "+0.500",
        "all images are of one case",
        "not shown",
    )


def test_reasons_remarks_and_empty_maps_are_told() -> None:
    found = replace(explanation(), methods=(replace(method(), empty=1, remark="A remark."), *explanation().methods[1:]))
    assert remarks(found) == (
        "Grad-CAM maps the last feature map. A remark.",
        "Grad-CAM: in 1 image of 2 no place speaks for the class. Such a map is empty, and counts as exactly "
        "as good as a random one.",
        "Attention rollout made no maps: it is no transformer.",
        "Integrated gradients maps the last feature map.",
    )
    assert faithfulness(found)["Attention rollout"] == "no maps: it is no transformer"


def test_an_explanation_without_cases_tells_why() -> None:
    assert faithfulness(NO_MAPS) == {"No heat maps": "Grad-CAM: <no> places"}
    assert warnings(NO_MAPS) == ()


def test_table_has_a_row_for_every_method_and_a_meaning_for_every_column() -> None:
    rows = measures_rows(explanation())
    assert [(row.title, len(row.cells)) for row in rows] == [
        ("Grad-CAM", 6),
        ("Attention rollout", 0),
        ("Integrated gradients", 6),
    ]
    assert [cell.is_good for cell in rows[0].cells] == [True] * 4 + [False] * 2
    assert rows[0].cells[3].verdict == "chance 10 %"
    assert not any(cell.is_good for cell in rows[2].cells[:3])
    assert len(MEANINGS) == 5


def test_lesions_that_nobody_knows_leave_a_dash() -> None:
    cell = measures_rows(of(method(hits=None)))[0].cells[3]
    assert (cell.interval, cell.verdict) == ("no lesion known", "")


def test_areas_tell_which_way_is_better() -> None:
    one, other = Areas(deletion=0.1, insertion=0.7, road=0.2), Areas(deletion=0.4, insertion=0.3, road=0.3)
    assert one.advantage_over(other, "deletion") == pytest.approx(0.3)
    assert one.advantage_over(other, "insertion") == pytest.approx(0.4)
    assert one.advantage_over(other, "road") == pytest.approx(0.1)
    with pytest.raises(ValueError, match="areas in"):
        Areas(deletion=float("nan"), insertion=0.3, road=0.3)


def test_a_method_has_advantages_or_a_reason_for_none() -> None:
    with pytest.raises(ValueError, match="either advantages"):
        ExplainedMethod(name="grad_cam")
    with pytest.raises(ValueError, match="both hit_rate"):
        replace(method(), random_hit_rate=None)
