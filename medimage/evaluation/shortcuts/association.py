"""How strongly two categories go together."""

import math

import numpy as np
import scipy
from numpy.typing import NDArray

from medimage.evaluation.metrics.estimate import Estimate


def estimate_association(counts: NDArray[np.int64], *, confidence: float = 0.95) -> Estimate:
    """Estimates Cramér's V, corrected for bias: 0 where rows say nothing about columns, 1 where they decide them.

    The correction is that of Bergsma (2013, J Korean Stat Soc 42:323-328): the plain V of a small table is far above 0
    even where nothing is associated. The interval inverts the noncentral chi-squared distribution of Pearson's
    statistic (Smithson 2003, Confidence Intervals, section 4), with the same correction.

    Args:
        counts: Independent cases of each pair, shape [rows, columns].
        confidence: Two-sided confidence level.

    Returns:
        Undefined, with the reason, where fewer than two rows or two columns have cases.
    """
    table = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0].astype(np.float64)
    total = int(table.sum())
    rows, columns = table.shape
    if rows < 2 or columns < 2:
        return Estimate.undefined("one of the two never varies", n=total, groups=total)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / total
    statistic = float(((table - expected) ** 2 / expected).sum())
    freedom = (rows - 1) * (columns - 1)
    excess = max(0.0, statistic / total - freedom / (total - 1))
    narrow_rows = rows - (rows - 1) ** 2 / (total - 1)
    narrow_columns = columns - (columns - 1) ** 2 / (total - 1)
    largest = min(narrow_rows, narrow_columns) - 1
    if largest <= 0:
        return Estimate.undefined(f"{total} cases are too few for {rows} x {columns} pairs", n=total, groups=total)

    def of(excess: float) -> float:
        return min(1.0, math.sqrt(excess / largest))

    tail = (1 - confidence) / 2
    # A statistic below its mean without any association tells no less than that mean: the upper limit would else be 0.
    # And the inverse is not defined at 0, where no noncentrality fits.
    low = float(scipy.special.chndtrinc(statistic, freedom, 1 - tail)) if statistic > 0 else 0.0
    high = float(scipy.special.chndtrinc(max(statistic, freedom), freedom, tail))
    value = of(excess)
    return Estimate(
        value=value,
        low=min(value, of(low / total)),
        high=max(value, of(high / total)),
        n=total,
        groups=total,
        method="Bergsma's correction, noncentral chi-squared",
    )
