"""Which kind of drift it is where the tests leave two explanations."""

import dataclasses

import pytest

from medimage.monitoring.column_drift import ColumnDrift, compare_columns
from medimage.monitoring.columns import EMBEDDING, LABEL, SHARPNESS
from medimage.monitoring.drift_kind import AppearanceChange, DriftKind
from medimage.monitoring.drift_settings import DriftSettings
from medimage.monitoring.explain_drift import explain_drift
from medimage.serving.prediction_log.logged_prediction import EMBEDDING_NUMBERS
from tests.support.observed import changed, logged_rows, observed, reference_of

REFERENCE = reference_of(logged_rows(300, seed=1))
WINDOW = observed(logged_rows(300, seed=2), REFERENCE)
SETTINGS = DriftSettings()


def columns_with(**chances: float) -> tuple[ColumnDrift, ...]:
    """Returns the comparison of images that did not change, with other p-values, and sizes that matter."""
    found = compare_columns(REFERENCE.observations, WINDOW, settings=SETTINGS)
    return tuple(
        dataclasses.replace(column, p_value=chances[column.name], size=0.2) if column.name in chances else column
        for column in found
    )


@pytest.mark.parametrize(("of_label", "is_new"), [(0.5, True), (0.02, True), (0.005, False)])
def test_shares_of_classes_that_do_not_differ_explain_no_other_embeddings(of_label: float, is_new: bool) -> None:
    columns = columns_with(**{EMBEDDING: 1e-6, LABEL: of_label})
    found = explain_drift(columns, REFERENCE.observations, WINDOW, settings=SETTINGS)
    assert (found.kind is DriftKind.SOMETHING_NEW) == is_new


def test_how_images_look_is_why_the_network_sees_them_otherwise_where_that_may_be() -> None:
    rows = logged_rows(300, seed=2)
    moved = [
        changed(
            row,
            embedding=(row.embedding_numbers + 0.25).astype(EMBEDDING_NUMBERS).tobytes(),
            image=changed(row.image, sharpness=0.94 * row.image.sharpness),
        )
        for row in rows
    ]
    window = observed(moved, REFERENCE)
    columns = compare_columns(REFERENCE.observations, window, settings=SETTINGS)
    (blurred,) = (column for column in columns if column.name == SHARPNESS)
    assert blurred.level < blurred.p_value <= SETTINGS.level
    found = explain_drift(columns, REFERENCE.observations, window, settings=SETTINGS)
    assert (found.kind, found.changes) == (DriftKind.APPEARANCE, (AppearanceChange.RESOLUTION,))
