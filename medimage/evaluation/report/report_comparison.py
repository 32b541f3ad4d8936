"""One self-contained HTML report of an experiment."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from medimage.config.yaml_text import write_yaml
from medimage.evaluation.comparison.comparison import Comparison
from medimage.evaluation.comparison.comparison_table import duration, memory
from medimage.evaluation.evaluation import Evaluation
from medimage.evaluation.explanation.explanation_result import Explanation
from medimage.evaluation.explanation.overlay import draw_legend, draw_pair
from medimage.evaluation.explanation.sentences import faithfulness, warnings
from medimage.evaluation.figures.confusion_matrix import draw_confusion_matrix
from medimage.evaluation.figures.estimates import draw_estimates
from medimage.evaluation.figures.learning_curves import draw_learning_curves
from medimage.evaluation.gate.gate_report import GateReport
from medimage.evaluation.report.page_size import room_for_pictures, room_of
from medimage.evaluation.report.report_audit import render_audit
from medimage.evaluation.report.report_context import ReportContext
from medimage.evaluation.report.report_shortcuts import render_shortcuts
from medimage.evaluation.report.report_style import report_style
from medimage.evaluation.report.report_subgroups import render_subgroup_fold
from medimage.evaluation.report.template import render_template
from medimage.evaluation.subgroups.subgroup_audit import SubgroupAudit
from medimage.models.training_record import TrainingRecord


@dataclass(frozen=True, kw_only=True, eq=False)
class ComparedCandidate:
    """A candidate in the report.

    Attributes:
        evaluation: What was measured.
        gate_report: The verdict.
        explanation: Heat maps, on the images that all candidates are explained on.
        subgroups: What was measured of the subgroups of the test images.
        training: How it was trained.
        changes: What it does otherwise than the others, by section.
    """

    evaluation: Evaluation
    gate_report: GateReport
    explanation: Explanation
    subgroups: SubgroupAudit
    training: TrainingRecord
    changes: Mapping[str, Any]


def render_comparison(
    comparison: Comparison, candidates: Mapping[str, ComparedCandidate], *, context: ReportContext
) -> str:
    """Renders the report as one HTML page that needs no other file and no network.

    Args:
        comparison: The ranking with its recommendation.
        candidates: The candidates that were judged, by name.
        context: Everything else the page shows.
    """
    names = [result.name for result in comparison.ranking]
    first = candidates[names[0]]
    # Those on the data are of all; those on gaps between subgroups are of one candidate each.
    common = [
        finding
        for finding in first.gate_report.findings
        if all(finding in candidate.gate_report.findings for candidate in candidates.values())
    ]
    page = partial(
        render_template,
        "report_comparison.html.j2",
        filters={"duration": duration, "memory": memory, "yaml": write_yaml},
        style=report_style(),
        context=context,
        comparison=comparison,
        candidates=candidates,
        names=names,
        level=first.evaluation.confidence,
        findings=common,
        own_findings={
            name: [finding for finding in candidate.gate_report.findings if finding not in common]
            for name, candidate in candidates.items()
        },
        subgroups={name: render_subgroup_fold(candidate.subgroups) for name, candidate in candidates.items()},
        classes=first.evaluation.classes,
        figures={
            "balanced": draw_estimates(
                [(result.name, result.balanced_accuracy) for result in comparison.ranking],
                title="Balanced accuracy",
                emphasised=[comparison.recommended] if comparison.recommended else [],
            ),
            "confusion": {
                name: draw_confusion_matrix(candidate.evaluation.confusion, candidate.evaluation.classes)
                for name, candidate in candidates.items()
            },
            "curves": {
                name: draw_learning_curves(candidate.training.history.epochs)
                for name, candidate in candidates.items()
                if candidate.training.history.epochs
            },
        },
        faithfulness={name: faithfulness(candidates[name].explanation) for name in names},
        warnings={name: warnings(candidates[name].explanation) for name in names},
        legend=draw_legend(),
        audit=render_audit(context.audit) if context.audit else "",
        shortcuts=render_shortcuts(context.shortcuts) if context.shortcuts else "",
    )
    # The gallery comes last, because it gives way to everything else.
    rows, left_out = _heat_maps(names, candidates, room=room_for_pictures(page(heat_maps=[], maps_left_out=0)))
    return page(heat_maps=rows, maps_left_out=left_out)


def _heat_maps(
    names: list[str], candidates: Mapping[str, ComparedCandidate], *, room: int
) -> tuple[list[tuple[str, dict[str, tuple[bytes, str, bool]]]], int]:
    """Returns each image's true class with picture, caption and success by candidate, and how many are left out."""
    cases = {name: {case.image_id: case for case in candidates[name].explanation.cases} for name in names}
    shown = [
        case for name in names for case in candidates[name].explanation.cases if name == _first_with_maps(names, cases)
    ]
    rows: list[tuple[str, dict[str, tuple[bytes, str, bool]]]] = []
    taken = 0
    for case in sorted(shown, key=lambda each: each.true_class):
        row = {}
        for name in names:
            own = cases[name].get(case.image_id)
            if own is not None:
                said = f"{own.predicted_class}, {own.probability:.2f}"
                row[name] = (draw_pair(own), said, own.predicted_class == own.true_class)
        taken += sum(room_of(picture) for picture, _, _ in row.values())
        if taken > room:
            return rows, len(shown) - len(rows)
        rows.append((case.true_class, row))
    return rows, 0


def _first_with_maps(names: list[str], cases: Mapping[str, Mapping[str, object]]) -> str:
    return next((name for name in names if cases[name]), names[0])
