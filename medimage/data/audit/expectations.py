"""The Great Expectations suite on the record table."""

import re
from dataclasses import dataclass
from typing import Any

import pandas as pd

from medimage.data.audit.data_audit import Expectation

_DATA_SOURCE = "image records"
_EXTERNAL_TAG = re.compile(
    r"<(?:script|link|img)\b[^>]*\b(?:src|href)=\"(?:https?:)?//[^>]*>(?:\s*</script>)?", re.IGNORECASE
)


@dataclass(frozen=True)
class _Rule:
    """An expectation and whether a run stops where it is not met."""

    expectation: Any
    critical: bool


def run_expectations(records: pd.DataFrame, *, classes: tuple[str, ...]) -> tuple[tuple[Expectation, ...], str]:
    """Checks the records of an image table, one row per file.

    Args:
        records: The records; see `ImageTable.records`.
        classes: Class names that labels may have.

    Returns:
        The result of each expectation, and Great Expectations' own page on them without any external request.
    """
    # Imported here because Great Expectations takes seconds to import and only this step needs it.
    import great_expectations as gx  # noqa: PLC0415

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}  # pyright: ignore[reportAttributeAccessIssue]
    batch = (
        context.data_sources.add_pandas(_DATA_SOURCE)
        .add_dataframe_asset(_DATA_SOURCE)
        .add_batch_definition_whole_dataframe("all")
    )
    rules = _rules(gx, classes)
    suite = gx.ExpectationSuite(name="image records", expectations=[rule.expectation for rule in rules])
    result = batch.get_batch(batch_parameters={"dataframe": records}).validate(suite)
    rule_of = {(rule.expectation.expectation_type, getattr(rule.expectation, "column", "")): rule for rule in rules}
    expectations = []
    for outcome in result.results:
        configuration = outcome.expectation_config
        if configuration is None:
            raise RuntimeError("Great Expectations gave a result without the expectation it belongs to")
        column = str(configuration.kwargs.get("column", ""))
        expectations.append(
            Expectation(
                name=str(configuration.type),
                column=column,
                success=bool(outcome.success),
                critical=rule_of[(str(configuration.type), column)].critical,
                observed=_observed(outcome.result),
            )
        )
    return tuple(expectations), _data_docs(result)


def _rules(gx: Any, classes: tuple[str, ...]) -> list[_Rule]:
    expect = gx.expectations
    return [
        _Rule(expect.ExpectColumnValuesToNotBeNull(column="label"), critical=True),
        _Rule(expect.ExpectColumnValuesToBeInSet(column="label", value_set=list(classes)), critical=True),
        _Rule(expect.ExpectColumnDistinctValuesToEqualSet(column="label", value_set=list(classes)), critical=True),
        _Rule(expect.ExpectColumnValuesToBeUnique(column="name"), critical=True),
        _Rule(expect.ExpectColumnValuesToBeUnique(column="image_id"), critical=False),
        _Rule(expect.ExpectColumnValuesToBeBetween(column="width", min_value=16, max_value=8192), critical=False),
        _Rule(expect.ExpectColumnValuesToBeBetween(column="height", min_value=16, max_value=8192), critical=False),
        _Rule(expect.ExpectColumnValuesToBeInSet(column="mode", value_set=["L", "RGB"]), critical=False),
    ]


def _observed(result: dict[str, Any]) -> str:
    if "unexpected_count" in result:
        examples = sorted({str(value) for value in result.get("partial_unexpected_list", [])})[:3]
        shown = f", such as {', '.join(examples)}" if examples else ""
        return f"{result['unexpected_count']} values unexpected{shown}"
    return str(result.get("observed_value", ""))


def _data_docs(result: Any) -> str:
    """Renders Great Expectations' page. It works without the styles that it would load from the web."""
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer  # noqa: PLC0415
    from great_expectations.render.view.view import DefaultJinjaPageView  # noqa: PLC0415

    page = DefaultJinjaPageView().render(ValidationResultsPageRenderer().render(result))
    return _EXTERNAL_TAG.sub("", page)
