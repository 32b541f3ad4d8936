"""Tells what kind of drift stands behind columns that have drifted."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from medimage.monitoring.appearance import WORDS, changes_of, drifted_in_appearance, drifted_in_content
from medimage.monitoring.class_shares import estimate_class_shares, weights_for_shares
from medimage.monitoring.column_drift import ColumnDrift, compare_columns
from medimage.monitoring.columns import EMBEDDING, LABEL
from medimage.monitoring.drift_kind import AppearanceChange, DriftFinding, DriftKind
from medimage.monitoring.drift_settings import DriftSettings
from medimage.monitoring.new_part import MOST_NEW, excess_of_far, far_part, part_apart, taken_apart
from medimage.monitoring.observations import Observations
from medimage.wording import listed, percent

_EXPLANATION_LEVEL = 0.05
"""Chance that classes in other shares are taken for something new. It raises no alarm: that there is drift is known."""


def explain_drift(
    columns: tuple[ColumnDrift, ...], reference: Observations, window: Observations, *, settings: DriftSettings
) -> DriftFinding:
    """Names the kind of a drift.

    The reference is weighted first, as if the classes came as often in it as they seem to come in the window, so that
    more images of one class are no change of how images look. What differs even then is:

    - appearance, where gray levels, contrast, sharpness or sizes differ, also among images that are near to what the
      model knows, or where most images are far from that;
    - something new, where they differ only because of a part of the images that is far from all that the model knows,
      or that the network sees otherwise, or do not differ, but what the network sees in the images does: no mixture of
      the known classes looks so;
    - prevalence, where nothing differs any more, and the shares of the classes did.

    Args:
        columns: The columns as they were compared, one drifted at least.
        reference: What the model said of the images that it was judged on.
        window: What it says now, at least one image.
        settings: What counts as drift.
    """
    weights = _weights(reference, window)
    weighted = compare_columns(reference, window, settings=settings, weights=weights)
    apart = taken_apart(reference, window, weights, settings=settings)
    content = drifted_in_content([_asked(column) if column.name == EMBEDDING else column for column in weighted])
    appearance = drifted_in_appearance(weighted)
    if content and not appearance:
        # What the network sees is different, and how images look may be why.
        appearance = drifted_in_appearance([replace(column, level=settings.level) for column in weighted])
    if appearance:
        return (
            far_part(reference, window, weights, settings=settings)
            or part_apart(apart, reference, window, weights, settings=settings)
            or _appearance(appearance, changes=changes_of(appearance))
        )
    if not content and not _shares_differ(columns, settings):
        # What shares that may never have changed would explain is not explained.
        content = tuple(column for column in drifted_in_content(columns) if column.name == EMBEDDING)
    if content:
        excess = excess_of_far(reference, window, weights)
        if max(excess or 0.0, apart.highest_share if apart else 0.0) > MOST_NEW:
            return _appearance(content, changes=(AppearanceChange.AS_SEEN,))
        # Counting images that are far is the surer way, where they are.
        counted = excess is not None and excess >= settings.smallest_share
        return _something_new(content, excess if counted or apart is None else apart.share)
    return _prevalence(columns, reference, window)


def _shares_differ(columns: tuple[ColumnDrift, ...], settings: DriftSettings) -> bool:
    """Whether the model gives its classes in other shares, tested for itself: one of them is asked about, not all."""
    return any(column.name == LABEL and column.p_value <= settings.level for column in columns)


def _asked(column: ColumnDrift) -> ColumnDrift:
    """Gives a comparison a level of its own: that there is drift is known, and two explanations of it are left."""
    return replace(column, level=_EXPLANATION_LEVEL)


def _weights(reference: Observations, window: Observations) -> NDArray[np.float64]:
    known = reference.probabilities.mean(axis=0)
    shares = estimate_class_shares(window.probabilities, known_shares=known)
    return weights_for_shares(reference.probabilities, known_shares=known, shares=shares)


def _appearance(drifted: tuple[ColumnDrift, ...], *, changes: tuple[AppearanceChange, ...]) -> DriftFinding:
    return DriftFinding(
        kind=DriftKind.APPEARANCE,
        sentence=(
            "Images look different from those that the model was judged on: "
            f"{listed([WORDS[change] for change in changes])}. Another scanner, other settings or another way of "
            "exporting images does that. Whether the classes come as often as before cannot be told meanwhile, because "
            "answers on changed images are not to be trusted."
        ),
        evidence=tuple(column.name for column in drifted),
        changes=changes,
    )


def _something_new(drifted: tuple[ColumnDrift, ...], excess: float | None) -> DriftFinding:
    return DriftFinding(
        kind=DriftKind.SOMETHING_NEW,
        sentence=(
            "Images are as bright, contrasted and sharp as before, but what the network sees in them is not what any "
            "mixture of the classes that it knows would give: there may be a class, a body part or a group of patients "
            "that it was not trained on."
        ),
        evidence=tuple(column.name for column in drifted),
        share=None if excess is None or excess <= 0 else excess,
    )


def _prevalence(columns: tuple[ColumnDrift, ...], reference: Observations, window: Observations) -> DriftFinding:
    drifted = tuple(column.name for column in sorted(columns, key=lambda each: -each.size) if column.is_drifted)
    known = reference.probabilities.mean(axis=0)
    shares = estimate_class_shares(window.probabilities, known_shares=known)
    if LABEL not in drifted and np.abs(shares - known).max() < 2 * _smallest_shift(columns):
        return DriftFinding(
            kind=DriftKind.UNEXPLAINED,
            sentence=f"{listed(drifted)} differ, and it is none of the kinds that can be told apart.",
            evidence=drifted,
        )
    changes = sorted(zip(window.classes, known, shares, strict=True), key=lambda each: -abs(each[2] - each[1]))
    told = [f"{name} {percent(now, decimals=0)} in place of {percent(was, decimals=0)}" for name, was, now in changes]
    return DriftFinding(
        kind=DriftKind.PREVALENCE,
        sentence=(
            f"Images of each class look as before, but the classes come in other shares: {listed(told, most=3)}. "
            "Predictive values and the calibration of probabilities hold for the earlier shares."
        ),
        evidence=drifted,
    )


def _smallest_shift(columns: tuple[ColumnDrift, ...]) -> float:
    return next((column.smallest_size for column in columns if column.name == LABEL), 1.0)
