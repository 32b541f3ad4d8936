"""The Great Expectations suite on the record table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from medimage.config.audit import AuditConfig
from medimage.config.data import ColorMode
from medimage.data.audit.data_audit import Expectation, Finding
from medimage.data.audit.expectations_page import data_docs_page
from medimage.data.audit.expectations_rules import MEASURES, Rule, make_rules
from medimage.data.audit.expectations_tables import (
    EARLIER,
    GROUP_KINDS,
    GroupKind,
    TableName,
    class_table,
    file_table,
    group_table,
    has_training_part,
    training_images,
    usable_table,
)
from medimage.data.audit.intensity_profile import INTENSITY_COLUMNS, IntensityProfile
from medimage.wording import listed, percent, shortened

_EXAMPLES = 3
_MOST_TOLD = 5
"""Classes or groups that are told one by one."""

_RULE = "rule"
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
    results = _validate(gx, tables, rules)
    outcomes = {
        outcome.expectation_config.meta[_RULE]: outcome for result in results.values() for outcome in result.results
    }
    expectations = tuple(
        _expectation(rule, outcomes[number], tables[rule.table], critical=rule.name in config.expectations.critical)
        for number, rule in enumerate(rules)
    )
    return SuiteResult(
        expectations=expectations,
        findings=(*_findings(expectations), *_group_findings(tables, config)),
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


def _validate(gx: Any, tables: Mapping[TableName, pd.DataFrame], rules: Sequence[Rule]) -> dict[str, Any]:
    """Runs one suite per table; each expectation carries the number of its rule."""
    from great_expectations.data_context.types.base import (  # noqa: PLC0415
        DataContextConfig,
        InMemoryStoreBackendDefaults,
    )

    # What GX makes on its own has a site in a temporary folder, progress bars, and asks the environment whether to
    # send statistics.
    settings = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(),
        progress_bars={"globally": False},  # pyright: ignore[reportArgumentType]
        analytics_enabled=False,
    )
    context = gx.get_context(project_config=settings, mode="ephemeral")
    source = context.data_sources.add_pandas("image records")
    results = {}
    for name, table in tables.items():
        expectations = []
        for number, rule in enumerate(rules):
            if rule.table == name:
                rule.expectation.meta = {_RULE: number}
                expectations.append(rule.expectation)
        if not expectations:
            continue
        batch = source.add_dataframe_asset(name).add_batch_definition_whole_dataframe(name)
        results[name] = batch.get_batch(batch_parameters={"dataframe": table}).validate(
            gx.ExpectationSuite(name=name, expectations=expectations),
            result_format={"result_format": "SUMMARY", "partial_unexpected_count": _MOST_TOLD},
        )
    return results


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


def _group_findings(tables: Mapping[TableName, pd.DataFrame], config: AuditConfig) -> list[Finding]:
    """Tells of each group once, with all measures in which it differs."""
    bounds = config.expectations
    findings = []
    for kind in GROUP_KINDS:
        if kind.rule in bounds.critical:
            continue
        told = [
            _told_of_group(row, kind, bounds.group_share)
            for row in tables[kind.column].to_dict("records")
            if any(row[f"share_{column}"] < bounds.group_share for column in INTENSITY_COLUMNS)
        ]
        findings += [Finding(name=kind.rule, critical=False, message=message) for message in told[:_MOST_TOLD]]
        if len(told) > _MOST_TOLD:
            rest = len(told) - _MOST_TOLD
            message = f"{rest} more {kind.plural} have other gray levels than those they are compared with"
            findings.append(Finding(name=kind.rule, critical=False, message=message))
    return findings


def _told_of_group(row: Mapping[Any, Any], kind: GroupKind, share: float) -> str:
    differing = [
        f"{MEASURES[column]} within {row[f'range_{column}']} in {percent(row[f'share_{column}'])}"
        for column in INTENSITY_COLUMNS
        if row[f"share_{column}"] < share
    ]
    return (
        f"The {row['images']:,} images of the {kind.singular} {shortened(row['group'])} have other gray levels than "
        f"{row['reference']}: {'; '.join(differing)} of them, where {percent(share)} are expected. {kind.advice}"
    )
