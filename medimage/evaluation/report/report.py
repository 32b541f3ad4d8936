"""One self-contained HTML report of a run."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from markupsafe import Markup

from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.figures.confusion_matrix import draw_confusion_matrix
from medimage.evaluation.figures.learning_curves import EpochFigures, draw_learning_curves
from medimage.evaluation.figures.reliability import draw_reliability
from medimage.evaluation.gate.criterion import Verdict
from medimage.evaluation.gate.gate_report import GateReport
from medimage.evaluation.report.closing_table import cases_text, estimate_text, interval_text, threshold_text
from medimage.evaluation.report.late_section import PLACE
from medimage.evaluation.report.page_size import room_for_pictures
from medimage.evaluation.report.report_audit import render_audit
from medimage.evaluation.report.report_classes import render_classes
from medimage.evaluation.report.report_context import ReportContext
from medimage.evaluation.report.report_decisions import render_decisions
from medimage.evaluation.report.report_explanations import render_explanations
from medimage.evaluation.report.report_shortcuts import render_shortcuts
from medimage.evaluation.report.report_style import report_style
from medimage.evaluation.report.report_subgroups import render_subgroups
from medimage.evaluation.report.template import render_template, svg

_MEANING = {
    Verdict.PASS: "The evidence is enough to export, register and package this model.",
    Verdict.INCONCLUSIVE: "The estimates hold, but the evidence is not enough to promote this model.",
    Verdict.FAIL: "This model must not be exported, registered or packaged.",
}


def render_report(
    *,
    evaluation: Evaluation,
    gate_report: GateReport,
    epochs: Sequence[EpochFigures],
    context: ReportContext,
    meanings: Mapping[Verdict, str] = _MEANING,
    sections: Sequence[Markup] = (),
    dossier: Markup | None = None,
) -> str:
    """Renders the report as one HTML page that needs no other file and no network.

    Args:
        evaluation: What was measured.
        gate_report: The verdict.
        epochs: Figures of all epochs; the learning curves are left out where there are none.
        context: Everything else the page shows.
        meanings: What each verdict means for what was judged.
        sections: Further sections, to stand before all others.
        dossier: The section with the card and the guidelines; none where not given.
    """
    page = partial(
        render_template,
        "report.html.j2",
        estimate_text=estimate_text,
        interval_text=interval_text,
        cases_text=cases_text,
        threshold_text=threshold_text,
        context=context,
        evaluation=evaluation,
        gate=gate_report,
        meaning=meanings[gate_report.verdict],
        sections=sections,
        dossier=dossier or "",
        style=report_style(),
        place_of_late_section=PLACE,
        tally={verdict.value: sum(each.verdict is verdict for each in gate_report.criteria) for verdict in Verdict},
        classes=evaluation.classes,
        figures={
            "confusion": svg(draw_confusion_matrix(evaluation.confusion, evaluation.classes)),
            "reliability": svg(draw_reliability(evaluation.reliability(), evaluation.reliability_shares())),
            "curves": svg(draw_learning_curves(epochs)) if epochs else None,
        },
        each_class=render_classes(evaluation, gate_report),
        decisions=render_decisions(evaluation),
        totals=_totals(context),
        audit=render_audit(context.audit) if context.audit else "",
        share_of_class=_shares(context.split_images),
        shortcuts=render_shortcuts(context.shortcuts) if context.shortcuts else "",
        subgroups=render_subgroups(context.subgroups) if context.subgroups else "",
    )
    if not context.explanations:
        return page(explanations="")
    # The gallery comes last, because it gives way to everything else.
    return page(explanations=render_explanations(context.explanations, room=room_for_pictures(page(explanations=""))))


def _totals(context: ReportContext) -> dict[str, dict[str, Any]]:
    return {
        part: {"images": sum(images.values()), "cases": context.split_case_totals.get(part)}
        for part, images in context.split_images.items()
    }


def _shares(split_images: dict[str, dict[str, int]]) -> dict[str, dict[str, str]]:
    """Returns part → class → its share there, with what that is more or less than in all parts, in points."""
    whole = Counter[str]()
    for images in split_images.values():
        whole.update(images)
    told: dict[str, dict[str, str]] = {}
    for part, images in split_images.items():
        size = sum(images.values())
        told[part] = {
            name: f"{100 * count / size:.1f} % ({100 * (count / size - whole[name] / whole.total()):+.1f})"
            for name, count in images.items()
            if size
        }
    return told
