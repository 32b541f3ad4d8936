"""From the names found in data to the classes of a problem."""

import difflib
import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

import yaml

from medimage.config.class_names import canonical_name, composed_name
from medimage.data.sources.skipped import LeftOnPurpose
from medimage.errors import DataError, UnknownClassError

logger = logging.getLogger(__name__)

_ACCENTS = ", or in whether a letter and its accent are one character"


class LabelledFile(Protocol):
    """An image with the name that was found for its class."""

    @property
    def name(self) -> str:
        """Path below the folder of the data."""
        ...

    @property
    def found_label(self) -> str:
        """Name of a folder or in a table, as written."""
        ...


FileT = TypeVar("FileT", bound=LabelledFile)


@dataclass(frozen=True)
class LabelMap:
    """The rule that turns a folder's or table's name into a class.

    Attributes:
        classes: Class names in the order of a model's outputs.
        spellings: Canonical name → class, or None for names that are left out knowingly.
        notes: What was done that nobody asked for, in sentences: names taken for one that are written differently.
        is_of_data: Whether the classes are those that the data have, as with `data.classes: auto`.
    """

    classes: tuple[str, ...]
    spellings: Mapping[str, str | None]
    notes: tuple[str, ...] = ()
    is_of_data: bool = False

    @classmethod
    def build(
        cls,
        *,
        classes: Literal["auto"] | Sequence[str],
        labels: Mapping[str, str],
        left_out: Sequence[str],
        found: Iterable[str],
    ) -> "LabelMap":
        """Builds the rule for the names `found` in the data.

        Names that differ in case, spaces, `-`, `_` and the composition of accents alone are one. With `auto`, every
        name is a class of its own unless `labels` maps it or `left_out` has it; an empty name never is.
        """
        variants: dict[str, set[str]] = {}
        for name in found:
            variants.setdefault(canonical_name(name), set()).add(name)
        notes = tuple(
            f"The labels {', '.join(map(repr, sorted(names)))} differ in case, spaces, - or _ alone"
            f"{_ACCENTS if len({composed_name(name) for name in names}) < len(names) else ''}: they are one class."
            for names in variants.values()
            if len(names) > 1
        )
        for note in notes:
            logger.warning("%s", note)
        ignored = {canonical_name(name) for name in left_out}
        mapped = {canonical_name(name): label for name, label in labels.items()}
        # A spelling of a class that is left out is left out with it, so that a configuration can be narrowed.
        spellings: dict[str, str | None] = {
            name: None if canonical_name(label) in ignored else label for name, label in mapped.items()
        }
        spellings |= dict.fromkeys(ignored)
        if classes != "auto":
            return cls(tuple(classes), spellings | {canonical_name(name): name for name in classes}, notes)
        by_name = {canonical_name(label): label for label in mapped.values()}
        for name, written in variants.items():
            if name:
                # Two classes would come of `covid` in the data and `Covid` in data.labels, where one is meant.
                spellings.setdefault(name, by_name.get(name) or composed_name(min(written)))
        found_classes = {label for name in variants if (label := spellings.get(name)) is not None}
        return cls(tuple(sorted(found_classes)), spellings, notes, is_of_data=True)

    def resolve(self, name: str, *, where: str) -> str | None:
        """Returns the class of `name`, or None where it is left out knowingly.

        Args:
            name: The name as it was found.
            where: What has it, as a message begins.

        Raises:
            DataError: If the name is empty.
            UnknownClassError: If the configuration does not know the name.
        """
        key = canonical_name(name)
        if key in self.spellings:
            return self.spellings[key]
        if not key:
            raise DataError(
                f"{where} has no label (found {name!r}). Fill it in, or leave out what has none with "
                "data.labels: {'': null}."
            )
        close = difflib.get_close_matches(key, [canonical_name(known) for known in self.classes], n=1, cutoff=0.4)
        nearest = next((known for known in self.classes if close and canonical_name(known) == close[0]), None)
        hint = (
            f" The nearest class is {nearest!r}: map it with data.labels: {_flow({name: nearest})}," if nearest else ""
        )
        otherwise = " or leave" if nearest else " Map it to a class with data.labels, leave"
        raise UnknownClassError(
            f"{where} has the label {name!r}, which is not among the classes {list(self.classes)}.{hint}"
            f"{otherwise} it out with data.labels: {_flow({name: None})}, or take all classes from the data with "
            "data.classes: auto."
        )

    def divide(
        self,
        files: Sequence[FileT],
        *,
        place: Callable[[FileT], str],
        where: str,
        told_of_missing: Callable[[Sequence[str]], str] = lambda _: "",
        has_every_class: bool = True,
    ) -> tuple[tuple[tuple[FileT, str], ...], tuple[tuple[str, str], ...]]:
        """Divides files into those of the classes, each with its class, and skipped ones, each with its reason.

        Args:
            files: The images.
            place: What has the label of one, as a message begins.
            where: Where the data are, such as `below /data/images`.
            told_of_missing: Gives what is known of classes without images; see `FileSource`.
            has_every_class: Whether each class must have images here.

        Raises:
            DataError: If a name is empty, a class has no image that must, or there are fewer than two classes.
            UnknownClassError: If the configuration does not know a name.
        """
        kept: list[tuple[FileT, str]] = []
        left_out: list[tuple[str, str]] = []
        for file in files:
            label = self.resolve(file.found_label, where=place(file))
            if label is None:
                left_out.append((file.name, f"{LeftOnPurpose.LABEL} ({file.found_label})"))
            else:
                kept.append((file, label))
        if has_every_class:
            self.require_images(
                {label for _, label in kept},
                found={file.found_label for file in files},
                where=where,
                told_of_missing=told_of_missing,
            )
        return tuple(kept), tuple(left_out)

    def require_images(
        self,
        present: Collection[str],
        *,
        found: Iterable[str],
        where: str,
        told_of_missing: Callable[[Sequence[str]], str] = lambda _: "",
    ) -> None:
        """Refuses data in which a class has no image.

        Args:
            present: Classes that have images.
            found: Names found in the data.
            where: Where the data are, such as `below /data/images`.
            told_of_missing: Gives what is known of classes without images; see `FileSource`.

        Raises:
            DataError: If a class has no image, or there are fewer than two classes.
        """
        missing = [name for name in self.classes if name not in present]
        if missing:
            way_out = (
                f"leave it out with data.labels: {_flow({missing[0]: None})}"
                if self.is_of_data
                else "take the class out of data.classes"
            )
            raise DataError(
                f"Expected images of every class but there is none of {missing} {where}, which has images of "
                f"{sorted(set(found))}. Add images, map another spelling with data.labels, or {way_out}."
                f"{told_of_missing(missing)}"
            )
        if len(self.classes) < 2:
            raise DataError(f"Expected at least two classes {where} but found {sorted(present)}.{told_of_missing(())}")


def _flow(values: Mapping[str, str | None]) -> str:
    """Writes a mapping as YAML in one line, with quotes where a name needs them."""
    return yaml.safe_dump(dict(values), default_flow_style=True, allow_unicode=True, width=float("inf")).strip()
