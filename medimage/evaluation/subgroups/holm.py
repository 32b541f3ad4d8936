"""Many comparisons at once."""

from collections.abc import Sequence

import numpy as np


def holm_adjusted(p_values: Sequence[float]) -> tuple[float, ...]:
    """Returns p-values that count how many there are.

    Flagging those of at most 5 % keeps the chance of one or more false flags at or below 5 %, whatever depends on what
    (Holm 1979, Scand J Stat 6:65-70). Comparisons of a report share their images and patients, so a procedure that
    takes them as independent is out; Benjamini and Yekutieli (2001, Ann Stat 29:1165-1188) allow any dependence as
    well, but bound the share of false flags among many, while a report has few, and one false one is one too many.

    Args:
        p_values: The p-values, from 0 to 1, in any order.
    """
    if not p_values:
        return ()
    values = np.asarray(p_values, dtype=np.float64)
    if not ((values >= 0) & (values <= 1)).all():
        raise ValueError(f"Expected p-values from 0 to 1 but got {values.min()} to {values.max()}")
    order = np.argsort(values, kind="stable")
    remaining = len(values) - np.arange(len(values))
    adjusted = np.empty(len(values))
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(remaining * values[order]))
    return tuple(adjusted.tolist())
