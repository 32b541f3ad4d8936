"""How often the model was right, by what is known of the true classes."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import scipy
from numpy.typing import NDArray

from medimage.evaluation.metrics.estimate import Estimate
from medimage.evaluation.metrics.proportion import estimate_proportion
from medimage.monitoring.drift_settings import DriftSettings
from medimage.monitoring.judgements import Judgements

_CONFIDENCE = 0.95


@dataclass(frozen=True, kw_only=True)
class RateInUse:
    """A rate in use beside that of the reference.

    Attributes:
        name: `accuracy`, or `sensitivity of CLASS`.
        in_use: What feedback says, with Wilson's interval.
        at_reference: The rate on the reference; None where its true classes are not known.
        p_value: Fisher's exact test of the two; None where one of them is not known.
        level: What the p-value must not exceed for the rate to count as fallen.
    """

    name: str
    in_use: Estimate
    at_reference: Estimate | None
    p_value: float | None
    level: float

    @property
    def has_fallen(self) -> bool:
        """Whether the rate is lower than on the reference, and that is no chance."""
        if self.p_value is None or self.at_reference is None:
            return False
        return self.p_value <= self.level and self.in_use.value < self.at_reference.value

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return {
            "name": self.name,
            "in_use": self.in_use.to_dict(),
            "at_reference": None if self.at_reference is None else self.at_reference.to_dict(),
            "p_value": self.p_value,
            "level": self.level,
            "fallen": self.has_fallen,
        }


@dataclass(frozen=True, kw_only=True)
class FeedbackPerformance:
    """What feedback, or a table of true classes, says of a window.

    Feedback is not given on a random part of the answers: who disagrees says so more often. The rates are those of the
    answers that were judged, and no more.

    Attributes:
        source: Who says so.
        judged: Answers of the window that have feedback.
        unmatched: Answers with feedback that are not in the window.
        disputed: Answers left out because people differ about them.
        unknown_class: Wrong answers whose right class is none of the model's.
        rates: Accuracy and the sensitivity of each class.
    """

    source: Literal["feedback", "labels"] = "feedback"
    judged: int
    unmatched: int
    disputed: int
    unknown_class: int
    rates: tuple[RateInUse, ...]

    @property
    def fallen(self) -> tuple[RateInUse, ...]:
        """Rates that have fallen."""
        return tuple(rate for rate in self.rates if rate.has_fallen)

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return {
            "source": self.source,
            "judged": self.judged,
            "unmatched": self.unmatched,
            "disputed": self.disputed,
            "unknown_class": self.unknown_class,
            "rates": [rate.to_dict() for rate in self.rates],
        }


def measure_performance(
    judgements: Judgements,
    *,
    answered: Mapping[str, str],
    classes: Sequence[str],
    reference: tuple[NDArray[np.str_], NDArray[np.str_]] | None,
    settings: DriftSettings,
) -> FeedbackPerformance:
    """Joins true classes with the answers of a window.

    Args:
        judgements: The true classes.
        answered: The label that was answered, by the name of the answer; the answers of the window.
        classes: Classes of the model.
        reference: True and answered class of each image of the reference; None where the true ones are not known.
        settings: Its level is divided by the number of rates.
    """
    agreed = {name: next(iter(found)) for name, found in judgements.said.items() if len(found) == 1}
    # A class that the model does not have is an answer that was wrong, and a case of none of its classes.
    truth = np.array([label or "" for label in agreed.values()], dtype=np.str_)
    given = np.array([answered[name] for name in agreed], dtype=np.str_)
    level = settings.level / (1 + len(classes))
    return FeedbackPerformance(
        source=judgements.source,
        judged=len(agreed),
        unmatched=judgements.unmatched,
        disputed=len(judgements.said) - len(agreed),
        unknown_class=sum(label is None for label in agreed.values()),
        rates=(
            _rate("accuracy", (truth, given), reference, of=None, level=level),
            *(_rate(f"sensitivity of {name}", (truth, given), reference, of=name, level=level) for name in classes),
        ),
    )


def _rate(
    name: str,
    in_use: tuple[NDArray[np.str_], NDArray[np.str_]],
    reference: tuple[NDArray[np.str_], NDArray[np.str_]] | None,
    *,
    of: str | None,
    level: float,
) -> RateInUse:
    now, before = _hits(in_use, of=of), None if reference is None else _hits(reference, of=of)
    p_value = None
    if before is not None and len(now) and len(before):
        table = [[int(hits.sum()), int((~hits).sum())] for hits in (now, before)]
        found: Any = scipy.stats.fisher_exact(table)
        p_value = float(found.pvalue)
    return RateInUse(
        name=name,
        in_use=_estimate(now),
        at_reference=None if before is None else _estimate(before),
        p_value=None if p_value is None or math.isnan(p_value) else p_value,
        level=level,
    )


def _hits(pairs: tuple[NDArray[np.str_], NDArray[np.str_]], *, of: str | None) -> NDArray[np.bool_]:
    truth, given = pairs
    hits = truth == given
    return hits if of is None else hits[truth == of]


def _estimate(hits: NDArray[np.bool_]) -> Estimate:
    return estimate_proportion(
        hits,
        np.arange(len(hits)),
        confidence=_CONFIDENCE,
        interval="wilson",
        undefined="no image counts for this rate",
    )
