"""A rule that records must meet, in words and as Great Expectations knows it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from medimage.config.expectations import RuleName
from medimage.data.audit.expectations_tables import TableName
from medimage.wording import shortened

Row = Mapping[Any, Any]


def named(row: Row) -> str:
    """Tells of an image by its name."""
    return shortened(row["name"])


def named_with(tell: Callable[[Row], object]) -> Callable[[Row], str]:
    """Returns what tells of an image by its name and, in parentheses, what `tell` says of it."""
    return lambda row: f"{named(row)} ({tell(row)})"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule.

    Attributes:
        name: What the settings know it by.
        table: The table it looks at.
        sentence: What should be so, in words and without a full stop.
        expectation: The expectation of Great Expectations on a column.
        describe: Tells of a row that does not meet it, as a noun where `counted`, else as a clause.
        counted: Whether the rows that do not meet it are counted with a few examples, or each is told.
    """

    name: RuleName
    table: TableName
    sentence: str
    expectation: Any
    describe: Callable[[Row], str] = named
    counted: bool = True

    @property
    def column(self) -> str:
        """The column it looks at."""
        return self.expectation.column
