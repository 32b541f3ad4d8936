"""One field of a cron expression: which minutes, hours, days, months or days of the week."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Self

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_PART = re.compile(r"(?P<first>\*|[a-z0-9]+)(?:-(?P<last>[a-z0-9]+))?(?:/(?P<step>\d+))?")
_ELSEWHERE = re.compile(r"[?#]|\d[lw]$|^[lh]$")
"""Signs that Quartz or Jenkins know, and cron does not."""


@dataclass(frozen=True, kw_only=True)
class FieldKind:
    """What a field counts.

    Attributes:
        noun: What one of its values is called, such as `a minute`.
        position: Where it stands, such as `first`.
        smallest: Smallest value.
        largest: Largest value.
        names: Values that have names, in lower case.
    """

    noun: str
    position: str
    smallest: int
    largest: int
    names: Mapping[str, int] = field(default_factory=dict)

    def range_text(self) -> str:
        """Returns what is expected, such as `a minute from 0 to 59 in the first field`."""
        named = f" or {next(iter(self.names)).upper()} to {list(self.names)[-1].upper()}" if self.names else ""
        return f"{self.noun} from {self.smallest} to {self.largest}{named} in the {self.position} field"


MINUTE = FieldKind(noun="a minute", position="first", smallest=0, largest=59)
HOUR = FieldKind(noun="an hour", position="second", smallest=0, largest=23)
DAY = FieldKind(noun="a day of the month", position="third", smallest=1, largest=31)
MONTH = FieldKind(
    noun="a month",
    position="fourth",
    smallest=1,
    largest=12,
    names=MappingProxyType({name: number for number, name in enumerate(_MONTHS, start=1)}),
)
WEEKDAY = FieldKind(
    noun="a day of the week",
    position="fifth",
    smallest=0,
    largest=7,
    names=MappingProxyType({name: number for number, name in enumerate(_DAYS)}),
)
"""0 and 7 are both Sunday, as in cron(5)."""


@dataclass(frozen=True, kw_only=True)
class CronField:
    """The values at which a field fires.

    Attributes:
        values: In the field's unit; Sunday is 0.
        is_open: Whether it begins with `*`. Of two open or half-open day fields both must fit, of two others one
            (cron(5): "if both fields are restricted (i.e., do not contain the "*" character)").
        text: As written, with numbers in place of names where it does not begin with `*`.
    """

    values: frozenset[int]
    is_open: bool
    text: str

    @classmethod
    def parse(cls, text: str, kind: FieldKind) -> Self:
        """Reads a field.

        Raises:
            ValueError: With what was expected, what came, and where.
        """
        lower = text.lower()
        if _ELSEWHERE.search(lower):
            raise ValueError(f"expected {kind.range_text()}, got {text!r}: L, W, # and ? are not part of cron")
        values: set[int] = set()
        for part in lower.split(","):
            values |= _part_values(part, text, kind)
        if kind is WEEKDAY:
            values = {value % 7 for value in values}
        is_open = lower.startswith("*")
        return cls(
            values=frozenset(values),
            is_open=is_open,
            text=lower if is_open else ",".join(map(str, sorted(values))),
        )


def _part_values(part: str, text: str, kind: FieldKind) -> set[int]:
    shown = repr(part) if part == text.lower() else f"{part!r} in {text!r}"
    found = _PART.fullmatch(part)
    if found is None:
        what = "nothing" if not part else shown
        raise ValueError(f"expected {kind.range_text()}, a range such as 1-5, a step such as */5, or *, got {what}")
    first, last, step = found["first"], found["last"], found["step"]
    if first == "*":
        if last is not None:
            raise ValueError(f"expected * alone or with a step such as */5 in the {kind.position} field, got {shown}")
        low, high = kind.smallest, kind.largest - (kind is WEEKDAY)
    else:
        low = _value(first, shown, kind)
        high = low if last is None else _value(last, shown, kind)
        if kind is WEEKDAY and last is not None and high == 0 < low:
            high = 7
        if step is not None and last is None:
            raise ValueError(
                f"expected a range before the step in the {kind.position} field, such as "
                f"{low}-{kind.largest}/{step}, got {shown}"
            )
        if low > high:
            raise ValueError(
                f"expected a range that runs forward in the {kind.position} field, got {shown}: write it as two, "
                f"{low}-{kind.largest - (kind is WEEKDAY)},{kind.smallest}-{high}"
            )
    stride = 1 if step is None else int(step)
    largest_step = kind.largest - kind.smallest + (kind.smallest == 1) - (kind is WEEKDAY)
    if not 1 <= stride <= largest_step:
        raise ValueError(f"expected a step from 1 to {largest_step} in the {kind.position} field, got {shown}")
    return set(range(low, high + 1, stride))


def _value(word: str, shown: str, kind: FieldKind) -> int:
    if word in kind.names:
        return kind.names[word]
    if not (word.isascii() and word.isdecimal()) or not kind.smallest <= int(word) <= kind.largest:
        raise ValueError(f"expected {kind.range_text()}, got {shown}")
    return int(word)
