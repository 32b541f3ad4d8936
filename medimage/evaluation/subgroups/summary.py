"""The subgroups for the summary of a run, which programs read."""

from typing import Any

from medimage.evaluation.metrics.estimate import Estimate, none_if_nan
from medimage.evaluation.subgroups.gap import Gap
from medimage.evaluation.subgroups.sentences import NOT_STATED
from medimage.evaluation.subgroups.subgroup_audit import Subgroup, SubgroupAudit, SubgroupColumn


def subgroup_summary(audit: SubgroupAudit) -> dict[str, Any]:
    """Returns JSON-ready values: comparisons, flagged gaps, and for each metadata column level → figures.

    Args:
        audit: The audit.
    """
    return {
        "comparisons": audit.comparisons,
        "false_alarm": audit.false_alarm,
        "minimum_cases": audit.minimum_cases,
        "flagged": [
            {"column": column.name, "level": subgroup.level, **_gap(gap)} for column, subgroup, gap in audit.flagged
        ],
        "columns": {column.name: _column(column) for column in audit.columns},
    }


def _column(column: SubgroupColumn) -> dict[str, Any]:
    return {
        "images": column.images,
        "stated": column.stated,
        "levels_found": column.levels_found,
        "reason": column.reason,
        "levels": {subgroup.level: _subgroup(subgroup) for subgroup in column.subgroups},
        NOT_STATED.replace(" ", "_"): None if column.not_stated is None else _subgroup(column.not_stated),
    }


def _subgroup(subgroup: Subgroup) -> dict[str, Any]:
    metrics = subgroup.metrics
    return {
        "images": subgroup.images,
        "cases": subgroup.cases,
        "accuracy": _brief(metrics.accuracy),
        "balanced_accuracy": _brief(metrics.balanced_accuracy),
        "auroc": _brief(metrics.auroc),
        "sensitivity": {name: _brief(values.sensitivity) for name, values in metrics.per_class.items()},
        "specificity": {name: _brief(values.specificity) for name, values in metrics.per_class.items()},
        "gaps": [_gap(gap) for gap in subgroup.gaps],
    }


def _gap(gap: Gap) -> dict[str, Any]:
    return {
        "figure": gap.figure,
        "class": gap.of_class or None,
        "inside": none_if_nan(gap.inside),
        "outside": none_if_nan(gap.outside),
        "gap": _brief(gap.difference),
        "p_adjusted": none_if_nan(gap.adjusted),
        "flagged": gap.is_flagged,
        "too_few": not gap.is_compared,
    }


def _brief(estimate: Estimate) -> dict[str, Any]:
    values = estimate.to_dict()
    kept = ("value", "low", "high", "n", "groups") + (("reason",) if estimate.reason else ())
    return {key: values[key] for key in kept}
