"""The figures on shortcuts and leakage as rows of a table."""

import math
from dataclasses import dataclass

from medimage.evaluation.metrics.estimate import Estimate
from medimage.evaluation.shortcuts.recognition import Recognition
from medimage.evaluation.shortcuts.shortcut_audit import ShortcutAudit
from medimage.wording import percent


@dataclass(frozen=True, kw_only=True)
class TableRow:
    """One figure in words.

    Attributes:
        what: What was measured.
        value: The estimate, or `not computed`.
        interval: Its limits; empty where there are none.
        chance: What guessing gives; empty where nothing was computed.
        meaning: What it says, or why it was not computed.
    """

    what: str
    value: str
    interval: str
    chance: str
    meaning: str


def table_rows(audit: ShortcutAudit) -> tuple[TableRow, ...]:
    """Returns every figure of an audit; one that could not be computed has its reason instead of a number.

    Args:
        audit: The audit.
    """
    leakage, guess = audit.leakage, audit.class_from_border.chance
    return (
        _row("class by nearest neighbour, random split", leakage.random, guess, "a patient may be on both sides"),
        _row("class by nearest neighbour, grouped split", leakage.grouped, guess, "patients and duplicates together"),
        _row(
            "random minus grouped split",
            leakage.difference,
            0.0,
            "a random split looks better than it is" if audit.random_split_leaks else "no leak that this probe sees",
        ),
        _row(
            "permuted labels, random split",
            leakage.random_labels_random,
            leakage.chance,
            "patients are recognised" if audit.remembers_groups else "patients are not recognised",
        ),
        _row(
            "permuted labels, grouped split",
            leakage.random_labels_grouped,
            leakage.chance,
            "at chance, as it must be" if audit.control_holds else "not at chance: do not rely on the rows above",
        ),
        _recognised("class from the border alone", audit.class_from_border),
        _recognised("origin from the border alone", audit.origin_from_border),
        _recognised("class from the origin alone", audit.class_from_origin),
        _row(
            "class and origin, Cramér's V",
            audit.association,
            0.0,
            _confounding(audit),
        ),
    )


def _confounding(audit: ShortcutAudit) -> str:
    if audit.is_confounded:
        return "confounded"
    return "too few cases to say whether they are confounded" if audit.may_be_confounded else "not confounded"


def _recognised(what: str, told: Recognition) -> TableRow:
    if told.balanced_accuracy.low > told.chance:
        way = percent(told.way(told.balanced_accuracy.value), decimals=0)
        meaning = f"{way} of the way from guessing to knowing"
        return _row(what, told.balanced_accuracy, told.chance, meaning)
    return _row(what, told.balanced_accuracy, told.chance, "no better than guessing")


def _row(what: str, estimate: Estimate, chance: float, meaning: str) -> TableRow:
    if not estimate.is_defined:
        return TableRow(what=what, value="not computed", interval="", chance="", meaning=estimate.reason)
    interval = f"{estimate.low:.3f} to {estimate.high:.3f}" if estimate.has_interval else ""
    return TableRow(
        what=what,
        value=f"{estimate.value:.3f}",
        interval=interval,
        chance="" if math.isnan(chance) else f"{chance:.3f}",
        meaning=meaning,
    )
