"""The Great Expectations suite on the record table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from medimage.config.audit import AuditConfig
from medimage.data.audit.data_audit import Expectation, Finding
from medimage.data.audit.expectations_on_groups import group_findings
from medimage.data.audit.expectations_page import data_docs_page
from medimage.data.audit.expectations_rule import Rule
from medimage.data.audit.expectations_rules import make_rules
from medimage.data.audit.expectations_tables import (
    EARLIER,
    GROUP_KINDS,
    TableName,
    class_table,
    file_table,
    group_table,
    has_training_part,
    training_images,
    usable_table,
)
from medimage.data.audit.expectations_validation import validate
from medimage.data.audit.intensity_profile import IntensityProfile
from medimage.serving.color_mode import ColorMode
from medimage.wording import listed, percent

_EXAMPLES = 3
_MOST_TOLD = 5
"""Rows that are told one by one, where a rule does not count them."""

_PLURALS: dict[TableName, str] = {
    "files": "files",
    "usable images": "images",
    "classes": "classes",
    **{kind.column: kind.plural for kind in GROUP_KINDS},
}


@dataclass(frozen=True, kw_only=True)
class SuiteResult:
    """What the suite gave.

    Attributes:
        expectations: The result of each expectation, in the order of the rules.
        findings: What was not met and does not stop the run.
        data_docs: Great Expectations' own pages in one, self-contained.
        profile: Intensities of the training images; that of the earlier training where one was given, None where
            there is no usable image.
    """

    expectations: tuple[Expectation, ...]
    findings: tuple[Finding, ...]
    data_docs: str
    profile: IntensityProfile | None


def run_expectations(
    images: pd.DataFrame,
    config: AuditConfig,
    *,
    classes: tuple[str, ...],
    color_mode: ColorMode,
    profile: IntensityProfile | None = None,
) -> SuiteResult:
    """Checks the audited images. Nothing is written, printed or sent.

    Args:
        images: One row per file with the columns of `DataAudit.images`.
        config: Bounds, and which rules stop a run.
        classes: Class names that labels may have.
        color_mode: How images will be decoded.
        profile: Intensities of an earlier training's images to hold these against; measured on the training images
            among these where not given.
    """
    # Imported here because Great Expectations takes seconds to import and only this step needs it.
    import great_expectations as gx  # noqa: PLC0415

    tables = _tables(images, config, classes, profile)
    usable = tables["usable images"]
    measured = profile or _measure(usable, config)
    source = EARLIER if profile else training_images(usable)[1]
    # Images are not held against themselves: where no train part is given, that waits for the split.
    against = measured if profile or has_training_part(usable) else None
    rules = make_rules(gx, classes=classes, config=config, color_mode=color_mode, profile=against, source=source)
    rules = [rule for rule in rules if len(tables[rule.table])]
    outcomes, results = validate(gx, tables, rules, most_told=_MOST_TOLD)
    expectations = tuple(
        _expectation(rule, outcome, tables[rule.table], critical=rule.name in config.expectations.critical)
        for rule, outcome in zip(rules, outcomes, strict=True)
    )
    return SuiteResult(
        expectations=expectations,
        findings=(*_findings(expectations), *group_findings(tables, config)),
        data_docs=data_docs_page(results),
        profile=measured,
    )


def _tables(
    images: pd.DataFrame, config: AuditConfig, classes: tuple[str, ...], earlier: IntensityProfile | None
) -> dict[TableName, pd.DataFrame]:
    usable = usable_table(images)
    tables: dict[TableName, pd.DataFrame] = {
        "files": file_table(images),
        "usable images": usable,
        "classes": class_table(usable, classes),
    }
    for kind in GROUP_KINDS:
        tables[kind.column] = group_table(usable, kind, config.expectations, earlier=earlier)
    return tables


def _measure(usable: pd.DataFrame, config: AuditConfig) -> IntensityProfile | None:
    training, source = training_images(usable)
    if not len(training):
        return None
    return IntensityProfile.measure(training, share=config.expectations.intensity_share, source=source)


def _expectation(rule: Rule, outcome: Any, table: pd.DataFrame, *, critical: bool) -> Expectation:
    raised = outcome.exception_info or {}
    if raised.get("exception_message"):
        raise RuntimeError(f"Great Expectations could not look at {rule.sentence!r}: {raised['exception_message']}")
    return Expectation(
        name=outcome.expectation_config.type,
        column=rule.column,
        rule=rule.name,
        sentence=rule.sentence,
        success=bool(outcome.success),
        critical=critical,
        observed=_observed(rule, outcome.result, table, met=bool(outcome.success)),
    )


def _observed(rule: Rule, result: Mapping[str, Any], table: pd.DataFrame, *, met: bool) -> str:
    plural = _PLURALS[rule.table]
    total, broken = int(result["element_count"]), int(result["unexpected_count"])
    if not broken:
        return f"true of all {total:,} {plural}"
    # GX is asked for positions only: it takes a minute to put names to 100,000 rows.
    positions = result.get("partial_unexpected_index_list") or []
    rows = list(dict.fromkeys(rule.describe(row) for row in table.iloc[positions].to_dict("records")))
    if not rule.counted:
        return listed(rows, most=_MOST_TOLD, total=broken)
    examples = f", such as {listed(rows[:_EXAMPLES], most=_EXAMPLES)}" if rows else ""
    if met:
        return f"true of {percent((total - broken) / total)} of {total:,} {plural}"
    return f"this is not so for {broken:,} of {total:,} {plural}{examples}"


def _findings(expectations: Sequence[Expectation]) -> list[Finding]:
    by_group = {kind.rule for kind in GROUP_KINDS}
    return [
        Finding(name=expectation.rule, critical=False, message=expectation.told)
        for expectation in expectations
        if not expectation.success and not expectation.critical and expectation.rule not in by_group
    ]
