"""From a line of a log to a row of which every field has its type."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

Row = TypeVar("Row")


@dataclass(frozen=True)
class _Versioned:
    schema: int


@cache
def _reader(row: type[Any]) -> TypeAdapter[Any]:
    return TypeAdapter(row)


def read_row(line: str, row: type[Row], *, schemas: Collection[int]) -> Row:
    """Reads one line. Nothing is converted: a number in quotes is no number.

    Args:
        line: The line.
        row: A dataclass; fields of the line that it has not are left out. Its validators find the line's version as
            their context.
        schemas: Versions of the row that are read, as its field `schema` has them.

    Raises:
        ValueError: If the line is not such a row.
    """
    try:
        schema = _reader(_Versioned).validate_json(line, strict=True).schema
        if schema not in schemas:
            raise ValueError(f"Expected a row of schema {max(schemas)} but got {schema!r}")
        return cast("Row", _reader(row).validate_json(line, strict=True, context=schema))
    except (ValidationError, OverflowError, TypeError) as error:
        raise ValueError(f"Expected a line of {row.__name__} but got something else: {error}") from error
