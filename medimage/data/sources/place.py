"""What the folders above a file say."""

from dataclasses import dataclass

from medimage.data.sources.split_names import SPLIT_NAMES


@dataclass(frozen=True)
class Place:
    """Where a file lies.

    Attributes:
        split: `train`, `validation` or `test`; empty where no folder says so.
        label: Name of the class folder; empty where there is none, or where folders are no classes.
        above: How many folders from the left these are.
    """

    split: str
    label: str
    above: int

    @classmethod
    def of(cls, path: str, *, with_classes: bool) -> "Place":
        """Reads a path below the folder of the data.

        Args:
            path: With forward slashes.
            with_classes: Whether folders say the class.
        """
        folders = path.split("/")[:-1]
        split = SPLIT_NAMES.get(folders[0].lower(), "") if folders else ""
        if split and with_classes and len(folders) == 1:
            # A folder called `test` that holds images itself is a class folder by that name.
            split = ""
        label = folders[1 if split else 0] if with_classes and folders else ""
        return cls(split, label, bool(split) + bool(label))
