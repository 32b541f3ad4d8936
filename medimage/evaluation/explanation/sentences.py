"""How faithful heat maps are, in plain sentences."""

import math
from collections.abc import Mapping

from medimage.evaluation.explanation.areas import MEASURES, Measure
from medimage.evaluation.explanation.explained_method import ExplainedMethod
from medimage.evaluation.explanation.explanation_result import Explanation
from medimage.evaluation.explanation.randomised_part import Randomised
from medimage.evaluation.metrics.estimate import Estimate
from medimage.wording import counted, listed, percent

MEASURE_TITLES: Mapping[Measure, str] = {"deletion": "deletion", "insertion": "insertion", "road": "ROAD"}

PART_TITLES: Mapping[Randomised, str] = {"head": "head", "whole": "whole network"}

_HARDLY_CHANGED = 0.7
"""Rank correlation at which about half of the variance of the ranks is shared."""


def faithfulness(explanation: Explanation) -> dict[str, str]:
    """Returns each method with what its maps are worth, in words.

    Args:
        explanation: What was found.
    """
    if not explanation.cases:
        return {"No heat maps": explanation.missing_because}
    return {method.title: _told(method) for method in explanation.methods}


def warnings(explanation: Explanation) -> tuple[str, ...]:
    """Returns what a person must know before believing a heat map; nothing where nothing was found.

    Args:
        explanation: What was found.
    """
    return tuple(sentence for method in explanation.with_maps for sentence in _warnings_of(method))


def remarks(explanation: Explanation) -> tuple[str, ...]:
    """Returns what else is known of the maps, and why methods have none.

    Args:
        explanation: What was found.
    """
    sentences = []
    for method in explanation.methods:
        if method.missing_because:
            sentences.append(f"{method.title} made no maps: {method.missing_because}.")
            continue
        sentences.append(f"{method.title} maps {method.layer}.{f' {method.remark}' if method.remark else ''}")
        if method.empty:
            sentences.append(
                f"{method.title}: in {counted(method.empty, 'image')} of {len(explanation.cases)} no place speaks for "
                f"the class. Such a map is empty, and counts as exactly as good as a random one."
            )
    return tuple(sentences)


def signed(estimate: Estimate) -> str:
    """Returns a difference with its sign, such as `+0.123`."""
    return "–" if math.isnan(estimate.value) else f"{estimate.value:+.3f}"  # noqa: RUF001


def _told(method: ExplainedMethod) -> str:
    if method.missing_because:
        return f"no maps: {method.missing_because}"
    parts = []
    for measure in MEASURES:
        estimate = method.advantages[measure]
        interval = f" ({estimate.low:+.3f} to {estimate.high:+.3f})" if estimate.has_interval else ""
        parts.append(f"{MEASURE_TITLES[measure]} {signed(estimate)}{interval}")
    told = f"over a random map {', '.join(parts)}, n = {_count(method)}"
    if method.hit_rate is not None and method.random_hit_rate is not None:
        told += (
            f"; hottest pixel in a known lesion in {percent(method.hit_rate.value, decimals=0)} of "
            f"{method.hit_rate.n}, a random point in {percent(method.random_hit_rate, decimals=0)}"
        )
    return told


def _count(method: ExplainedMethod) -> int:
    return method.advantages["deletion"].n


def _warnings_of(method: ExplainedMethod) -> list[str]:
    sentences = []
    unproved = [MEASURE_TITLES[measure] for measure in MEASURES if not method.is_better_than_random(measure)]
    if len(unproved) == len(MEASURES):
        sentences.append(
            f"{method.title}: on {counted(_count(method), 'image')}, its maps are not shown to be better than random "
            "ones by any measure. Do not read reasons from them."
        )
    elif unproved:
        sentences.append(
            f"{method.title}: not shown to be better than random maps by {listed(unproved)}; what it calls important "
            "may not be."
        )
    if method.hit_rate is not None and not method.hits_more_than_random:
        sentences.append(
            f"{method.title}: its hottest pixel is not shown to lie in known lesions more often than a random point."
        )
    unchanged: dict[Randomised, float] = {
        part: estimate.value
        for part, estimate in method.agreement.items()
        if estimate.is_defined and estimate.value >= _HARDLY_CHANGED
    }
    if unchanged:
        parts = listed([PART_TITLES[part] for part in unchanged], word="or")
        correlations = listed([f"{value:.2f}" for value in unchanged.values()])
        sentences.append(
            f"{method.title}: maps hardly change when the weights of the {parts} are replaced by random ones (rank "
            f"correlation {correlations}): they show the image, or where this kind of network looks, rather than what "
            "this one has learnt."
        )
    return sentences
