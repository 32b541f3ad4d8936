"""The report's section on subgroups."""

from markupsafe import Markup

from medimage.evaluation.figures.subgroups import draw_subgroups
from medimage.evaluation.metrics.estimate import Estimate
from medimage.evaluation.metrics.sensitivity_floor import sensitivity_floor
from medimage.evaluation.report.report_style import report_style
from medimage.evaluation.report.template import render_template
from medimage.evaluation.subgroups.sentences import (
    column_sentences,
    explanations,
    level_name,
    p_words,
    verdict_words,
    warnings,
)
from medimage.evaluation.subgroups.subgroup_audit import SubgroupAudit

_DASH = "–"  # noqa: RUF001


def render_subgroups(audit: SubgroupAudit) -> Markup:
    """Renders the section as a part of the report's page; nothing where no metadata are known.

    Args:
        audit: What was measured.
    """
    if not audit.columns:
        return Markup()
    # Where subgroups are the classes, one row of each panel would have a point.
    drawn = [column for column in audit.columns if column.measured and not column.is_class]
    return render_template(
        "report_subgroups.html.j2",
        filters={"limits": _limits, "signed": _signed, "p": p_words},
        level_name=level_name,
        sentences=column_sentences,
        audit=audit,
        warnings=warnings(audit),
        explanations=explanations(audit),
        pictures={column.name: draw_subgroups(column, audit.whole) for column in drawn},
        tables=_tables(audit),
    )


def render_subgroup_fold(audit: SubgroupAudit) -> Markup:
    """Renders the tables without their pictures, folded away, for a page on several models; nothing without metadata.

    Args:
        audit: What was measured.
    """
    if not audit.columns:
        return Markup()
    return render_template(
        "report_subgroup_fold.html.j2", sentences=column_sentences, audit=audit, tables=_tables(audit)
    )


def subgroups_page(audit: SubgroupAudit) -> str:
    """Renders the section as a page of its own.

    Args:
        audit: What was measured.
    """
    section = render_subgroups(audit) or "<section><p>No metadata of the images are known.</p></section>"
    style = report_style()
    return f'<!doctype html><html lang="en"><meta charset="utf-8"><style>{style}</style><main>{section}</main></html>'


def _tables(audit: SubgroupAudit) -> dict[str, Markup]:
    """Returns the table of each kind of metadata; it is empty where nothing was measured."""
    return {
        column.name: render_template(
            "report_subgroup_table.html.j2",
            filters={"value": _value, "limits": _limits, "signed": _signed},
            level_name=level_name,
            verdict_words=verdict_words,
            floor=sensitivity_floor,
            column=column,
            level=f"{audit.confidence * 100:.0f}",
        )
        if column.measured
        else Markup()
        for column in audit.columns
    }


def _value(estimate: Estimate) -> str:
    return f"{estimate.value:.3f}" if estimate.is_defined else _DASH


def _limits(estimate: Estimate) -> str:
    return f"{estimate.low:.3f} to {estimate.high:.3f}" if estimate.has_interval else ""


def _signed(estimate: Estimate) -> str:
    return f"{estimate.value:+.3f}" if estimate.is_defined else _DASH
