"""Groups of images with other gray levels than the rest: the rules on them, and what is told of each."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from medimage.config.audit import AuditConfig
from medimage.config.expectations import ExpectationsConfig
from medimage.data.audit.data_audit import Finding
from medimage.data.audit.expectations_rule import Row, Rule
from medimage.data.audit.expectations_tables import GROUP_KINDS, GroupKind, TableName
from medimage.data.audit.intensity_profile import INTENSITY_COLUMNS, MEASURES
from medimage.wording import percent, shortened

_MOST_TOLD = 5
"""Groups that are told one by one."""


def group_rules(expect: Any, bounds: ExpectationsConfig) -> list[Rule]:
    """Returns a rule for each way to group images and each measure.

    Args:
        expect: The module `great_expectations.expectations`.
        bounds: Bounds.
    """
    return [
        Rule(
            name=kind.rule,
            table=kind.column,
            sentence=f"at least {percent(bounds.group_share)} of the images of every {kind.singular} should have a "
            f"{MEASURES[column]} within the range of those they are compared with",
            expectation=expect.ExpectColumnValuesToBeBetween(column=f"share_{column}", min_value=bounds.group_share),
            describe=lambda row, column=column, kind=kind: (
                f"{kind.singular} {shortened(row['group'])} has {percent(float(row[f'share_{column}']))} of "
                f"{row['images']} within {row[f'range_{column}']}"
            ),
            counted=False,
        )
        for kind in GROUP_KINDS
        for column in INTENSITY_COLUMNS
    ]


def group_findings(tables: Mapping[TableName, pd.DataFrame], config: AuditConfig) -> list[Finding]:
    """Tells of each group once, with all measures in which it differs.

    Args:
        tables: The tables that the rules look at; see `group_table`.
        config: Bounds, and which rules stop a run and so are told by the run's error.
    """
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


def _told_of_group(row: Row, kind: GroupKind, share: float) -> str:
    differing = [
        f"{MEASURES[column]} within {row[f'range_{column}']} in {percent(row[f'share_{column}'])}"
        for column in INTENSITY_COLUMNS
        if row[f"share_{column}"] < share
    ]
    return (
        f"The {row['images']:,} images of the {kind.singular} {shortened(row['group'])} have other gray levels than "
        f"{row['reference']}: {'; '.join(differing)} of them, where {percent(share)} are expected. {kind.advice}"
    )
