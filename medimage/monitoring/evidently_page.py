"""The comparison of all columns as a page of Evidently, with our tests and thresholds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from medimage.monitoring.column_drift import is_drift
from medimage.monitoring.columns import COLUMN_OF
from medimage.monitoring.drift_check import DriftCheck
from medimage.monitoring.number_test import compare_numbers
from medimage.monitoring.observations import Observations
from medimage.monitoring.share_test import compare_shares

if TYPE_CHECKING:
    import pandas as pd
    from evidently.core.report import Snapshot
    from evidently.legacy.core import ColumnType

_NUMBERS, _SHARES = "medimage_numbers", "medimage_shares"
"""What our tests are called in Evidently."""


def run_evidently(reference: Observations, window: Observations, check: DriftCheck) -> Snapshot:
    """Lets Evidently compare the columns of a check, by the tests and thresholds of the check.

    Our tests are registered with Evidently because two of its own do not fit: its chi-square test takes the reference
    for exact, which gives p-values that are too small, and its Fisher test wants both samples of one size.

    Args:
        reference: What the model said of the images that it was judged on.
        window: What it says now.
        check: The check of the two, with at least one column.

    Raises:
        ValueError: If the check compared no column.
    """
    if not check.columns:
        raise ValueError("Expected a check that compared columns but it compared none")
    # Imported here because Evidently takes many seconds to import.
    from evidently import DataDefinition, Dataset, Report  # noqa: PLC0415
    from evidently.metrics import ValueDrift  # noqa: PLC0415

    _register_tests(check)
    # Evidently compares one column at a time.
    columns = [column for column in check.columns if column.name in COLUMN_OF]
    names = [column.name for column in columns]
    definition = DataDefinition(
        numerical_columns=[name for name in names if not COLUMN_OF[name].is_share],
        categorical_columns=[name for name in names if COLUMN_OF[name].is_share],
    )
    report = Report(
        [
            ValueDrift(
                column=column.name,
                method=_SHARES if COLUMN_OF[column.name].is_share else _NUMBERS,
                threshold=column.level,
            )
            for column in columns
        ],
        include_tests=True,
    )
    now, before = (
        Dataset.from_pandas(table.to_frame()[names], data_definition=definition) for table in (window, reference)
    )
    return report.run(now, before)


def evidently_html(reference: Observations, window: Observations, check: DriftCheck) -> str:
    """Returns the comparison as one page of HTML, which asks no server for anything.

    Arguments and errors are those of `run_evidently`.
    """
    return run_evidently(reference, window, check).get_html_str(as_iframe=False)


def _register_tests(check: DriftCheck) -> None:
    from evidently.legacy.calculations.stattests import StatTest, register_stattest  # noqa: PLC0415
    from evidently.legacy.core import ColumnType  # noqa: PLC0415

    settings = check.settings

    def numbers(before: pd.Series, now: pd.Series, _: ColumnType, threshold: float) -> tuple[float, bool]:
        found = compare_numbers(
            before.to_numpy(np.float64), now.to_numpy(np.float64), images_per_case=settings.images_per_case
        )
        return found.p_value, is_drift(found, smallest_size=settings.smallest_distance, level=threshold)

    def shares(before: pd.Series, now: pd.Series, _: ColumnType, threshold: float) -> tuple[float, bool]:
        found = compare_shares(
            before.to_numpy(np.str_), now.to_numpy(np.str_), images_per_case=settings.images_per_case
        )
        return found.p_value, is_drift(found, smallest_size=settings.smallest_share, level=threshold)

    register_stattest(
        StatTest(
            name=_NUMBERS,
            display_name=f"K-S p_value, and a distance of at least {settings.smallest_distance:g}",
            allowed_feature_types=[ColumnType.Numerical],
        ),
        default_impl=numbers,
    )
    register_stattest(
        StatTest(
            name=_SHARES,
            display_name=f"p_value of the shares, and a difference of at least {settings.smallest_share:g}",
            allowed_feature_types=[ColumnType.Categorical],
        ),
        default_impl=shares,
    )
