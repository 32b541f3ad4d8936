"""From the maps of all explained images to what their method is worth."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from medimage.config.evaluation import MethodName
from medimage.evaluation.explanation.areas import MEASURES, Measure
from medimage.evaluation.explanation.explained_method import ExplainedMethod
from medimage.evaluation.explanation.explanation_result import ExplainedCase
from medimage.evaluation.explanation.heat_maps import HeatMaps
from medimage.evaluation.explanation.mean_over_cases import CONFIDENCE, mean_over_cases
from medimage.evaluation.explanation.randomised import rank_correlations
from medimage.evaluation.explanation.randomised_part import Randomised
from medimage.evaluation.metrics.cluster_bootstrap import group_codes
from medimage.evaluation.metrics.estimate import Estimate
from medimage.evaluation.metrics.proportion import estimate_proportion


def judge_method(
    name: MethodName,
    found: HeatMaps,
    *,
    cases: Sequence[ExplainedCase],
    groups: tuple[str, ...],
    checked: NDArray[np.int64],
    of_random_weights: Mapping[Randomised, HeatMaps | str],
    seed: int,
) -> ExplainedMethod:
    """Puts together what is known of one method's maps.

    Args:
        name: The method.
        found: Its maps.
        cases: The explained images, in the order of the maps.
        groups: Patient, lesion or duplicate cluster of each.
        checked: Which of them were mapped with random weights as well.
        of_random_weights: Part of the network → maps of these by the network in which that part is random, or why
            there are none.
        seed: Seed of the bootstrap.
    """
    own = [case.maps[name] for case in cases]
    advantages: dict[Measure, Estimate] = {
        measure: mean_over_cases(
            np.asarray([each.areas.advantage_over(each.random_areas, measure) for each in own]), groups, seed=seed
        )
        for measure in MEASURES
    }
    known = [row for row, case in enumerate(cases) if case.lesions]
    return ExplainedMethod(
        name=name,
        layer=found.layer,
        remark=found.remark,
        empty=sum(each.is_empty for each in own),
        advantages=advantages,
        hit_rate=estimate_proportion(
            np.asarray([bool(own[row].hit) for row in known]),
            group_codes(tuple(groups[row] for row in known)),
            confidence=CONFIDENCE,
            interval="clopper_pearson",
        )
        if known
        else None,
        random_hit_rate=float(np.mean([_covered(cases[row]) for row in known])) if known else None,
        agreement={
            part: _agreement(found.evidence[checked], others, groups=tuple(groups[row] for row in checked), seed=seed)
            for part, others in of_random_weights.items()
        },
    )


def _agreement(
    evidence: NDArray[np.float32], others: HeatMaps | str, *, groups: tuple[str, ...], seed: int
) -> Estimate:
    if isinstance(others, str):
        return Estimate.undefined(others, n=0, groups=0)
    return mean_over_cases(
        # A map that is merely turned over shows the same places.
        np.abs(rank_correlations(evidence, others.evidence)),
        groups,
        seed=seed,
        bounds=(0, 1),
        undefined="of every image, one of both maps is the same everywhere",
    )


def _covered(case: ExplainedCase) -> float:
    """Returns the share of an image that its lesions cover: how often a random point would hit one."""
    covered = np.zeros(case.pixels.shape[:2], dtype=bool)
    for box in case.lesions:
        covered[box.top : box.bottom, box.left : box.right] = True
    return float(covered.mean())
