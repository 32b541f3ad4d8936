"""Classes that have too few groups to be in every part."""

from collections.abc import Sequence

import pandas as pd

from medimage.errors import DataError


def require_groups(images: pd.DataFrame, *, classes: Sequence[str], count: int, into: str, way_out: str = "") -> None:
    """Stops where a class has images of fewer groups than there are parts to divide them into.

    Args:
        images: The images to divide, with the columns `label` and `group`.
        classes: Classes that every part needs.
        count: Number of parts.
        into: The parts in words, such as `train, validation and test`.
        way_out: What else to do, beginning with `, or`.

    Raises:
        DataError: Naming each such class with its number of groups.
    """
    found = images.groupby("label")["group"].nunique()
    groups = {name: int(found.get(name, 0)) for name in classes}
    few = {name: number for name, number in groups.items() if number < count}
    if few:
        listed = ", ".join(f"class {name} has {number}" for name, number in few.items())
        raise DataError(
            f"Each class needs images of at least {count} groups (patients, lesions or duplicate clusters) to be "
            f"divided into {into}, because no group may be in two of them, but {listed}. Add images of further "
            f"patients, or merge small classes or leave them out with data.labels{way_out}."
        )
