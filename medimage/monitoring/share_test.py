"""Whether two samples of names have the same shares."""

from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from medimage.monitoring.number_test import Difference, effective_size

_FEW = 1000
"""Images of both samples up to which the exact test of two names is run; with more it is slow, and no better."""


def compare_shares(
    reference: NDArray[np.str_],
    window: NDArray[np.str_],
    *,
    weights: NDArray[np.float64] | None = None,
    images_per_case: float = 1.0,
) -> Difference:
    """Tests whether names are as frequent in both samples: Fisher's exact test for two names, else the chi-square test.

    The chi-square test is the one of two samples (Pearson 1911, Biometrika 8:250), in which both vary by chance. Names
    that one sample lacks have an expected number above 0 there.

    Args:
        reference: Names, shape [images], at least one.
        window: Others, at least one.
        weights: How often each name of the reference counts, as in `compare_numbers`.
        images_per_case: Images that are worth one, because they are of one patient.
    """
    names = np.union1d(reference, window)
    if len(names) == 1:
        return Difference(size=0.0, p_value=1.0)
    held = np.ones(len(reference)) if weights is None else weights * (effective_size(weights) / weights.sum())
    counts = np.stack(
        [
            np.bincount(np.searchsorted(names, reference), weights=held, minlength=len(names)).astype(np.float64),
            np.bincount(np.searchsorted(names, window), minlength=len(names)).astype(np.float64),
        ]
    )
    counts /= images_per_case
    shares = counts / counts.sum(axis=1, keepdims=True)
    size = float(np.abs(shares[0] - shares[1]).max())
    # Weights may leave a name with none at all.
    counts = counts[:, counts.sum(axis=0) > 0]
    if counts.shape[1] < 2:
        return Difference(size=size, p_value=1.0)
    expected = scipy.stats.contingency.expected_freq(counts)
    if counts.shape[1] == 2 and (expected.min() < 5 or counts.sum() <= _FEW):
        found: Any = scipy.stats.fisher_exact(np.rint(counts).astype(np.int64))
    else:
        found = scipy.stats.chi2_contingency(counts, correction=False)
    return Difference(size=size, p_value=float(found.pvalue))
