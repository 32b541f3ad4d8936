import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from medimage.config.evaluation import EvaluationConfig
from medimage.evaluation.subgroups.flag import Levels, compare_and_flag
from tests.support.simulated_subgroups import simulated_answers

CONFUSION = np.array([[0.9, 0.05, 0.05], [0.05, 0.9, 0.05], [0.05, 0.05, 0.9]])
WORSE = np.array([[0.5, 0.3, 0.2], [0.2, 0.7, 0.1], [0.05, 0.05, 0.9]])


def test_each_comparison_counts_once_over_all_kinds_of_metadata_together() -> None:
    shares = {"sex": np.full((3, 2), 1 / 2), "site": np.full((3, 3), 1 / 3), "rare": np.tile([0.99, 0.01], (3, 1))}
    answers, codes = simulated_answers(
        np.random.default_rng(3),
        cases=600,
        images_per_case=1,
        confusion=CONFUSION,
        shares=shares,
        confusion_of={("sex", 1): WORSE},
    )
    columns = {name: Levels(names=tuple("abc"[: share.shape[1]]), codes=codes[name]) for name, share in shares.items()}
    found = compare_and_flag(answers, columns, EvaluationConfig())
    assert [len(levels) for levels in found.values()] == [2, 3, 2]
    once = [*found["sex"][0], *(gap for gaps in found["site"] for gap in gaps)]
    flags, adjusted, *_ = multipletests([gap.p_value for gap in once], alpha=0.05, method="holm")
    assert [gap.adjusted for gap in once] == pytest.approx(adjusted.tolist())
    assert [gap.is_flagged for gap in once] == flags.tolist()
    assert 0 < sum(flags) < len(flags)
    for gap, mirrored in zip(*found["sex"], strict=True):
        assert (mirrored.adjusted, mirrored.is_flagged) == (gap.adjusted, gap.is_flagged)
    assert not any(gap.is_compared or gap.is_flagged for gaps in found["rare"] for gap in gaps)
