import numpy as np
import pytest
from scipy.stats import norm
from statsmodels.stats.multitest import multipletests

from medimage.evaluation.comparison.holm import holm_adjusted
from medimage.evaluation.metrics.estimate import Estimate


def question(z: float):
    """A difference of so many standard errors of 1."""

    def at(confidence: float) -> Estimate:
        half = float(norm.ppf(0.5 + confidence / 2))
        return Estimate(value=z, low=z - half, high=z + half, n=9, groups=9, method="normal")

    return at


def undefined(_: float) -> Estimate:
    return Estimate.undefined("nothing there", n=0, groups=0)


@pytest.mark.parametrize("seed", range(30))
def test_what_is_told_from_0_is_what_holms_procedure_rejects(seed: int) -> None:
    generator = np.random.default_rng(seed)
    values = generator.normal(scale=2.5, size=7)
    expected = multipletests(2 * norm.sf(np.abs(values)), alpha=0.05, method="holm")[0]
    found = holm_adjusted([question(value) for value in values], confidence=0.95)
    assert [estimate is not None and not estimate.low <= 0 <= estimate.high for estimate in found] == expected.tolist()


def test_a_question_that_cannot_be_answered_does_not_count() -> None:
    alone, missing = holm_adjusted([question(2.0), undefined], confidence=0.95)
    assert missing is None
    assert alone is not None
    assert alone.low == pytest.approx(2 - norm.ppf(0.975))


def test_one_clear_and_many_unclear_differences() -> None:
    clear, *others = holm_adjusted([question(3.0), *[question(0.1)] * 9], confidence=0.95)
    assert clear is not None
    assert clear.low == pytest.approx(3 - norm.ppf(1 - 0.025 / 10))
    assert all(other is not None and other.high == pytest.approx(0.1 + norm.ppf(1 - 0.025 / 9)) for other in others)
