import re

import numpy as np
import pytest

from medimage.config.decision import DecisionConfig
from medimage.config.evaluation import EvaluationConfig
from medimage.evaluation.report.report_classes import render_classes
from medimage.evaluation.report.report_decisions import render_decisions
from medimage.evaluation.report.template import number
from tests.evaluation.decision.test_decision_rules import EVERYTHING, evaluated
from tests.support.simulated_predictions import evaluation_of, of_arrays, predictions, report_of


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_every_rule_is_told_with_what_it_amounts_to() -> None:
    evaluation = evaluated(skill=4.0)
    text = words(render_decisions(evaluation))
    assert evaluation.rules is not None
    assert evaluation.rules.abstention is not None
    assert evaluation.decisions is not None
    assert evaluation.decisions.with_sets is not None
    for name, point in evaluation.rules.operating_points.items():
        sensitivity = evaluation.decisions.at_operating_point[name].sensitivity
        assert f"{name} 95 % {number(point.threshold or 0)} 100 {sensitivity.value:.3f}" in text
    assert f"confidence below {evaluation.rules.abstention.threshold:.3f}" in text
    assert f"holds {evaluation.decisions.with_sets.mean_size:.2f} classes on average" in text


def test_a_model_that_may_always_answer_withholds_nothing() -> None:
    assert "No answer has to be withheld for at most 5 % of those given to be wrong" in words(
        render_decisions(evaluated(skill=8.0))
    )


def test_a_sensitivity_that_is_below_what_was_asked_for_is_told() -> None:
    for skill, expected in ((4.0, False), (1.0, True)):
        text = words(render_decisions(evaluated(skill=4.0, test=predictions(images=300, skill=skill))))
        assert ("sensitivity is below what was asked for" in text) == expected


def test_rules_that_were_not_fitted_say_why() -> None:
    text = words(render_decisions(evaluated(skill=0.0)))
    assert "No threshold: even for the surest half of the answers" in text


def test_no_rules_are_no_section() -> None:
    config = EvaluationConfig(bootstrap_resamples=200, decision=DecisionConfig(abstention_error=None))
    assert "Withholding" not in render_decisions(evaluated(config=config))
    assert "Sets of classes" not in render_decisions(evaluated(config=config))


def test_predictive_values_are_shown_at_the_stated_prevalence_only() -> None:
    stated = EVERYTHING.model_copy(update={"prevalence": {"tb": 0.004}})
    for config, expected in ((stated, True), (EVERYTHING, False)):
        test = predictions(images=300)
        html = render_classes(evaluated(config=config, test=test), report_of(test))
        assert ("0.4 %" in html) == expected
        assert ("Stated prevalence" in html) == expected


def test_degenerate_test_sets_have_a_section_without_curves() -> None:
    one = of_arrays(np.array([0]), np.array([[1.0, 0, 0]]))
    html = render_classes(evaluation_of(one), report_of(one))
    assert "ROC curves" not in html
    assert "no test image of this class" in html
    assert render_decisions(evaluation_of(one))


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.0, "1.000"), (0.99951, "> 0.999"), (0.9994, "0.999"), (0.0, "0.000"), (0.0004, "< 0.001"), (-0.2, "-0.200")],
)
def test_a_number_is_not_told_as_certain_unless_it_is(value: float, text: str) -> None:
    assert number(value) == text
