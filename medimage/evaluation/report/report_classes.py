"""The report's section on each class: rates, areas and curves."""

from markupsafe import Markup

from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.figures.curves import CurveKind, draw_curves
from medimage.evaluation.figures.intervals import draw_intervals
from medimage.evaluation.gate.gate_report import GateReport
from medimage.evaluation.metrics.cluster_bootstrap import drawn_groups, group_codes, strata_by_label
from medimage.evaluation.metrics.curves import precision_recall_curve, roc_curve
from medimage.evaluation.report.template import number, render_template

_RESAMPLES = 500
"""Resamples of the bands: 12 of them lie beyond each limit of a 95 % band, which is enough for a picture."""

_SEED = 0
"""The same evaluation gives the same picture."""

_TABLES = (
    (
        "One class against the rest.",
        (("Sensitivity", "sensitivity"), ("Specificity", "specificity"), ("AUROC", "auroc")),
    ),
    (
        "The same, at this test set's share of each class only: positive and negative predictive value (PPV, NPV), F1, "
        "Matthews' correlation (MCC) and the area under the precision-recall curve (AUPRC).",
        (("PPV", "ppv"), ("NPV", "npv"), ("F1", "f1"), ("MCC", "mcc"), ("AUPRC", "auprc")),
    ),
    (
        "Mean of sensitivity and specificity, and how far the stated probability of the class is from the truth: Brier "
        "score (mean square) and expected calibration error (mean over bins of equal count).",
        (
            ("Balanced accuracy", "balanced_accuracy"),
            ("Brier score", "brier"),
            ("Calibration error", "calibration_error"),
        ),
    ),
)


def render_classes(evaluation: Evaluation, gate_report: GateReport) -> Markup:
    """Renders the section as a part of the report's page.

    Args:
        evaluation: What was measured.
        gate_report: The thresholds.
    """
    per_class = evaluation.metrics.per_class
    return render_template(
        "report_classes.html.j2",
        per_class=per_class,
        tables=_TABLES,
        level=evaluation.confidence,
        intervals=draw_intervals(gate_report.criteria),
        curves={kind: _draw(evaluation, kind) for kind in ("roc", "precision_recall")},
        stated={name: values.at_prevalence for name, values in per_class.items() if values.at_prevalence},
        has_points=bool(evaluation.decisions and evaluation.decisions.at_operating_point),
    )


def _draw(evaluation: Evaluation, kind: CurveKind) -> bytes | None:
    """Draws the curves of the classes that have one; None where no class has."""
    labels, groups = evaluation.test.labels, group_codes(evaluation.test.groups)
    probabilities = evaluation.probabilities()
    drawn = drawn_groups(strata_by_label(labels, groups), resamples=_RESAMPLES, seed=_SEED)
    curve = roc_curve if kind == "roc" else precision_recall_curve
    curves, areas, prevalences, points = {}, {}, {}, {}
    at_points = evaluation.decisions.at_operating_point if evaluation.decisions else {}
    for index, (name, values) in enumerate(evaluation.metrics.per_class.items()):
        area = values.auroc if kind == "roc" else values.auprc
        if not area.is_defined:
            continue
        positive = labels == index
        curves[name] = curve(probabilities[:, index], positive, groups, drawn=drawn, confidence=evaluation.confidence)
        limits = f" ({number(area.low)} to {number(area.high)})" if area.has_interval else ""
        areas[name] = f"{'AUROC' if kind == 'roc' else 'AUPRC'} {number(area.value)}{limits}"
        prevalences[name] = float(positive.mean())
        point = at_points.get(name)
        if point is not None:
            sensitivity, false_positive_rate = point.sensitivity.value, 1 - point.specificity.value
            claimed = sensitivity * positive.sum() + false_positive_rate * (~positive).sum()
            if kind == "roc":
                points[name] = (false_positive_rate, sensitivity)
            elif claimed > 0:
                points[name] = (sensitivity, float(sensitivity * positive.sum() / claimed))
    if not curves:
        return None
    return draw_curves(curves, kind=kind, areas=areas, prevalences=prevalences, points=points)
