"""Work that is divided among several who share nothing: which part of it is whose."""

from collections.abc import Sequence
from typing import Annotated, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

Item = TypeVar("Item")


class WorkShare(BaseModel):
    """One of several shares of a sequence: runs of neighbours, whose sizes differ by one at most.

    Attributes:
        number: Which share, from 0.
        count: Number of shares.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: Annotated[int, Field(ge=0)]
    count: Annotated[int, Field(ge=1)]

    @model_validator(mode="after")
    def _is_one_of_them(self) -> Self:
        if self.number >= self.count:
            raise ValueError(f"Expected the number of one of {self.count} shares, from 0, but got {self.number}")
        return self

    def of(self, items: Sequence[Item]) -> Sequence[Item]:
        """Returns the items of this share, in their order; none where there are fewer items than shares before it."""
        start, stop = (len(items) * number // self.count for number in (self.number, self.number + 1))
        return items[start:stop]

    @property
    def name(self) -> str:
        """Its name among the steps of a run, such as `2_of_8`, counted from 1."""
        return f"{self.number + 1}_of_{self.count}"


def work_shares(items: int, *, most: int, least_items: int) -> tuple[WorkShare, ...]:
    """Divides work as often as is worth it.

    Args:
        items: How much there is.
        most: Shares at most, at least 1.
        least_items: Items that a share has at least, above 0; where there are fewer than twice as many, there is one
            share.

    Returns:
        The shares in their order, at least one.
    """
    count = max(1, min(most, items // least_items))
    return tuple(WorkShare(number=number, count=count) for number in range(count))
