"""SciPy's tests as oracles; their results have fields that its types do not tell of."""

from typing import Any

from scipy import stats

SCIPY: Any = stats
