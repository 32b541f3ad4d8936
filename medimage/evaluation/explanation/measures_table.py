"""Methods and what their maps are worth, as rows of a table."""

from dataclasses import dataclass

from medimage.evaluation.explanation.areas import MEASURES
from medimage.evaluation.explanation.explained_method import ExplainedMethod
from medimage.evaluation.explanation.explanation_result import Explanation
from medimage.evaluation.explanation.randomised_part import Randomised
from medimage.evaluation.explanation.sentences import signed
from medimage.evaluation.metrics.estimate import Estimate
from medimage.wording import percent

_PARTS: tuple[Randomised, ...] = ("head", "whole")

MEANINGS = {
    "Deletion": "The most important pixels are set to the mean colour of the training images, more and more of them: "
    "the probability of the class should fall fast. Area under it, that of a random map minus that of the map.",
    "Insertion": "The same pixels are put back into an image of the mean colour: the probability should rise fast. "
    "Area under it, that of the map minus that of a random map.",
    "ROAD": "As deletion, but pixels are filled in from their neighbours, so that the shape of the hole does not give "
    "the class away.",
    "Hottest pixel": "How often the hottest pixel lies in a lesion whose place is known; a random point does so as "
    "often as lesions cover the image.",
    "Random head, random network": "Rank correlation, whatever its sign, with the maps after the weights of the head, "
    "or of the whole network, were replaced by random ones: near 0 the maps depend on what was learnt, near 1 they do "
    "not.",
}
"""What each measure means, in a sentence."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One figure in words.

    Attributes:
        value: The estimate; a dash where there is none.
        interval: Its limits, or why there are none.
        verdict: What it shows; empty where it shows nothing by itself.
        is_good: Whether that speaks for the maps.
    """

    value: str
    interval: str
    verdict: str = ""
    is_good: bool = False


@dataclass(frozen=True, kw_only=True)
class MeasuresRow:
    """One method.

    Attributes:
        title: Its name.
        cells: Deletion, insertion, ROAD, hottest pixel, random head, random network; none where it made no maps.
        missing_because: Why it made no maps; empty where it did.
    """

    title: str
    cells: tuple[Cell, ...]
    missing_because: str


def measures_rows(explanation: Explanation) -> tuple[MeasuresRow, ...]:
    """Returns every method that was asked for; one without maps has its reason instead of figures.

    Args:
        explanation: What was found.
    """
    return tuple(
        MeasuresRow(
            title=method.title,
            cells=() if method.missing_because else _cells(method),
            missing_because=method.missing_because,
        )
        for method in explanation.methods
    )


def _cells(method: ExplainedMethod) -> tuple[Cell, ...]:
    compared = [
        _compared(signed(estimate), f"{estimate.low:+.3f} to {estimate.high:+.3f}", estimate, is_better=is_better)
        for estimate, is_better in (
            (method.advantages[measure], method.is_better_than_random(measure)) for measure in MEASURES
        )
    ]
    return (*compared, _hit_cell(method), *(_agreement_cell(method.agreement.get(part)) for part in _PARTS))


def _compared(value: str, interval: str, estimate: Estimate, *, is_better: bool) -> Cell:
    return Cell(
        value=value,
        interval=interval if estimate.has_interval else estimate.reason,
        verdict="better" if is_better else "not shown",
        is_good=is_better,
    )


def _hit_cell(method: ExplainedMethod) -> Cell:
    if method.hit_rate is None or method.random_hit_rate is None:
        return Cell(value="–", interval="no lesion known")  # noqa: RUF001
    rate = method.hit_rate
    return Cell(
        value=f"{percent(rate.value, decimals=0)} of {rate.n}",
        interval=f"{percent(rate.low, decimals=0)} to {percent(rate.high, decimals=0)}",
        verdict=f"chance {percent(method.random_hit_rate, decimals=0)}",
        is_good=method.hits_more_than_random,
    )


def _agreement_cell(estimate: Estimate | None) -> Cell:
    if estimate is None or not estimate.is_defined:
        return Cell(value="–", interval=estimate.reason if estimate else "not measured")  # noqa: RUF001
    interval = f"{estimate.low:.2f} to {estimate.high:.2f}" if estimate.has_interval else estimate.reason
    return Cell(value=f"{estimate.value:.2f}", interval=interval)
