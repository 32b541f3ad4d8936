"""Letting Great Expectations look at tables."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from medimage.data.audit.expectations_rule import Rule
from medimage.data.audit.expectations_tables import TableName

_RULE = "rule"
"""Where an expectation carries the number of its rule."""


def validate(
    gx: Any, tables: Mapping[TableName, pd.DataFrame], rules: Sequence[Rule], *, most_told: int
) -> tuple[list[Any], dict[str, Any]]:
    """Runs one suite for each table that has rules. Nothing is written, printed or sent.

    Args:
        gx: The module `great_expectations`, which takes seconds to import.
        tables: The tables.
        rules: Rules on these tables. Their expectations are given their numbers.
        most_told: How many rows that do not meet a rule are told by their positions.

    Returns:
        What came of each rule (an `ExpectationValidationResult`), and name of a table → all of it (an
        `ExpectationSuiteValidationResult`).
    """
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
            result_format={"result_format": "SUMMARY", "partial_unexpected_count": most_told},
        )
    outcomes = {
        outcome.expectation_config.meta[_RULE]: outcome for result in results.values() for outcome in result.results
    }
    return [outcomes[number] for number in range(len(rules))], results
