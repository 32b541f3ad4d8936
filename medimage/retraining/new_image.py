"""What becomes of each new image, and of all of them together."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from medimage.wording import counted, listed

KNOWN = "known: among the configured data already"
LOCKED = "held out: in the locked test set"
OTHER_LABEL = "contradiction"
RELATED = "held out: a patient or a near-duplicate of the locked test set"


@dataclass(frozen=True, kw_only=True)
class NewImage:
    """A file of the new data.

    Attributes:
        name: Its name among all images of the run.
        image_id: SHA-256 of its bytes; empty where it did not become a record.
        label: Class; empty where it did not become a record.
        reason: Why it is left out; empty where it is taken in.
    """

    name: str
    image_id: str
    label: str
    reason: str = ""

    def __post_init__(self) -> None:
        if not self.reason and not (self.image_id and self.label):
            raise ValueError(f"Expected an image with its class, or a reason, but got {self}")


@dataclass(frozen=True, kw_only=True)
class NewImages:
    """All files of the new data; each of them is taken in, or left out with a reason.

    Attributes:
        files: The files.
    """

    files: tuple[NewImage, ...]

    def __post_init__(self) -> None:
        taken = [file.image_id for file in self.taken]
        if len(set(taken)) != len(taken):
            raise ValueError("Expected each image to be taken in once but some repeat")

    @property
    def taken(self) -> tuple[NewImage, ...]:
        """Images that are taken in."""
        return tuple(file for file in self.files if not file.reason)

    @property
    def left_out(self) -> dict[str, int]:
        """Files that are left out, by what their reasons have in common: all before a parenthesis."""
        return dict(Counter(file.reason.partition(" (")[0] for file in self.files if file.reason).most_common())

    def per_class(self, classes: Sequence[str]) -> dict[str, int]:
        """Returns how many images of each class are taken in."""
        found = Counter(file.label for file in self.taken)
        return {name: found.get(name, 0) for name in classes}

    def sentences(self) -> tuple[str, ...]:
        """Returns what came of them, in words."""
        per_class = Counter(file.label for file in self.taken)
        of_each = f" ({listed([f'{number} of {name}' for name, number in sorted(per_class.items())])})"
        told = [
            f"Of {counted(len(self.files), 'new file')}, {len(self.taken)} are taken in{of_each if per_class else ''}."
        ]
        told += [f"Left out, {reason}: {counted(number, 'file')}." for reason, number in self.left_out.items()]
        return tuple(told)

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return {"files": [asdict(file) for file in self.files]}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Builds them from what `to_dict` gave."""
        return cls(files=tuple(NewImage(**file) for file in values["files"]))
