"""The names under which data state their own split."""

from medimage.errors import DataError

SPLIT_NAMES = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
    "testing": "test",
}
"""Name in lower case → part of a split."""


def given_split(written: str, *, where: str, told: bool = True) -> str:
    """Returns the part that a cell of a table names; empty where the cell is.

    Args:
        written: The cell.
        where: The table and the image, as a message begins, such as `The manifest m.csv gives '1.png'`.

        told: Whether a message may repeat the cell.

    Raises:
        DataError: If it names no part of a split.
    """
    if not written:
        return ""
    part = SPLIT_NAMES.get(written.lower())
    if part is None:
        raise DataError(
            f"{where} {f'the split {written!r}' if told else 'another split'}: expected one of {sorted(SPLIT_NAMES)}."
        )
    return part
