"""The report's section on operating points, abstention and sets of classes."""

from markupsafe import Markup

from medimage.evaluation.decision.answered import error_by_share_answered
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.figures.abstention import draw_abstention
from medimage.evaluation.metrics.cluster_bootstrap import group_codes
from medimage.evaluation.report.template import render_template


def render_decisions(evaluation: Evaluation) -> Markup:
    """Renders the section as a part of the report's page; nothing where there are no rules.

    Args:
        evaluation: What was measured.
    """
    rules, decisions = evaluation.rules, evaluation.decisions
    if rules is None or decisions is None:
        return Markup()
    return render_template(
        "report_decisions.html.j2",
        rules=rules,
        decisions=decisions,
        level=evaluation.confidence,
        accuracy=evaluation.metrics.accuracy,
        picture=_draw(evaluation),
    )


def _draw(evaluation: Evaluation) -> bytes | None:
    rules, decisions = evaluation.rules, evaluation.decisions
    if rules is None or decisions is None or rules.abstention is None:
        return None
    measured = decisions.with_abstention
    answered = error_by_share_answered(
        evaluation.probabilities(),
        evaluation.test.labels,
        group_codes(evaluation.test.groups),
        confidence=evaluation.confidence,
    )
    chosen = (measured.answered, measured.error) if measured and measured.error.is_defined else None
    return draw_abstention(answered, target_error=rules.abstention.target_error, chosen=chosen)
