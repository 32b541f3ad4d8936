"""One self-contained HTML report on registered models that were judged."""

from collections.abc import Mapping
from dataclasses import dataclass

from medimage.evaluation.comparison.model_ranking import ModelRanking
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.figures.confusion_matrix import draw_confusion_matrix
from medimage.evaluation.figures.estimates import draw_estimates
from medimage.evaluation.figures.reliability import draw_reliability
from medimage.evaluation.gate.gate_report import GateReport
from medimage.evaluation.report.closing_table import cases_text, estimate_text, interval_text, threshold_text
from medimage.evaluation.report.report_audit import render_audit
from medimage.evaluation.report.report_context import ReportContext
from medimage.evaluation.report.report_style import report_style
from medimage.evaluation.report.report_subgroups import render_subgroup_fold
from medimage.evaluation.report.template import render_template
from medimage.evaluation.subgroups.subgroup_audit import SubgroupAudit


@dataclass(frozen=True, kw_only=True, eq=False)
class ReportedModel:
    """A registered model in the report.

    Attributes:
        evaluation: What was measured.
        gate_report: The verdict by the criteria that apply.
        subgroups: What was measured of the subgroups of the images.
    """

    evaluation: Evaluation
    gate_report: GateReport
    subgroups: SubgroupAudit


def render_models(
    ranking: ModelRanking, models: Mapping[str, ReportedModel], *, context: ReportContext, judged_on: str
) -> str:
    """Renders the report as one HTML page that needs no other file and no network.

    Args:
        ranking: The ranking with its recommendation.
        models: The models that were judged, by name.
        context: Everything else the page shows.
        judged_on: Which images they were judged on, in words.
    """
    first = models[ranking.ranking[0].name]
    return render_template(
        "report_models.html.j2",
        estimate_text=estimate_text,
        interval_text=interval_text,
        cases_text=cases_text,
        threshold_text=threshold_text,
        style=report_style(),
        context=context,
        ranking=ranking,
        models=models,
        judged_on=judged_on,
        level=f"{first.evaluation.confidence * 100:g}",
        classes=first.evaluation.classes,
        figures={
            "accuracy": draw_estimates(
                [(result.name, result.accuracy) for result in ranking.ranking],
                title="Accuracy",
                emphasised=[ranking.recommended] if ranking.recommended else [],
            ),
            "confusion": {
                name: draw_confusion_matrix(model.evaluation.confusion, model.evaluation.classes)
                for name, model in models.items()
            },
            "reliability": {
                name: draw_reliability(model.evaluation.reliability(), model.evaluation.reliability_shares())
                for name, model in models.items()
            },
        },
        subgroups={name: render_subgroup_fold(model.subgroups) for name, model in models.items()},
        audit=render_audit(context.audit) if context.audit else "",
    )
