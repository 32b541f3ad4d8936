"""What all sources have in common that read files below one folder and find a name for the class of each."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Generic

from medimage.config.data import DataConfig
from medimage.data.image_record import ImageRecord
from medimage.data.sources.labels import FileT, LabelMap
from medimage.data.sources.metadata import Metadata
from medimage.data.sources.place_of_data import place_of_data

NamesAndReasons = Sequence[tuple[str, str]]
"""Files that do not become records, each with the reason."""


@dataclass(frozen=True)
class FileSource(ABC, Generic[FileT]):
    """An `ImageSource` of files. What it is derived for finds the files; from there on all go the same way.

    Everything is found out when it is first asked for, and once.

    Attributes:
        root: The folder.
        config: The data section of the run's configuration.
        has_every_class: Whether each class must have images here; not where they are added to others.
    """

    root: Path
    config: DataConfig
    has_every_class: bool = True

    @abstractmethod
    def _find_files(self) -> tuple[Sequence[FileT], NamesAndReasons]:
        """Returns every image with the name that was found for its class, sorted, and all other files."""

    @abstractmethod
    def _notes_on(self, files: Sequence[tuple[FileT, str]]) -> Iterable[str]:
        """Returns what a reader of the report should know about images beside their labels, in sentences."""

    @abstractmethod
    def _read(self, files: Iterable[tuple[FileT, str]]) -> Iterator[ImageRecord]:
        """Yields the records of files with their class."""

    @abstractmethod
    def _written_metadata(self, file: FileT) -> Sequence[str]:
        """Returns what is written of an image for each of `DataConfig.metadata_columns`, in their order."""

    def _where_metadata_stand(self) -> str:
        """Returns where metadata are found, as a message goes on."""
        return self._where()

    def _names_found(self) -> Iterable[str]:
        """Returns the names that were found for classes."""
        return {file.found_label for file in self._files[0]}

    def _place(self, file: FileT) -> str:
        """Returns what gives an image its class, as a message begins."""
        return f"{self.root / file.name}"

    def _where(self) -> str:
        """Returns where the classes are found, as a message goes on."""
        return f"below {place_of_data(self.root, self.config)}"

    def _told_of_missing(self, classes: Sequence[str]) -> str:  # noqa: ARG002
        """Returns what the source knows of classes without images, in sentences that each begin with a space.

        Args:
            classes: Their names; none where there are fewer than two classes.
        """
        return ""

    def _divide(self) -> tuple[Sequence[tuple[FileT, str]], NamesAndReasons]:
        """Returns images with their class, and those of ignored labels with that reason."""
        return self._labels.divide(
            self._files[0],
            place=self._place,
            where=self._where(),
            told_of_missing=self._told_of_missing,
            has_every_class=self.has_every_class,
        )

    @cached_property
    def _files(self) -> tuple[Sequence[FileT], NamesAndReasons]:
        return self._find_files()

    @cached_property
    def _labels(self) -> LabelMap:
        return LabelMap.build(
            classes=self.config.classes,
            labels=self.config.spellings,
            left_out=self.config.names_left_out,
            found=sorted(self._names_found()),
        )

    @cached_property
    def _kept(self) -> tuple[Sequence[tuple[FileT, str]], NamesAndReasons]:
        return self._divide()

    @cached_property
    def _skipped(self) -> tuple[tuple[str, str], ...]:
        return tuple(sorted((*self._files[1], *self._kept[1])))

    @cached_property
    def _metadata(self) -> Metadata:
        return Metadata.read(
            self.config.metadata_columns,
            {file.name: self._written_metadata(file) for file, _ in self._kept[0]},
            where=self._where_metadata_stand(),
            values_told=self.config.layout_found != "dicom",
        )

    @cached_property
    def _notes(self) -> tuple[str, ...]:
        return (*self._labels.notes, *self._notes_on(self._kept[0]), *self._metadata.notes)

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names in the order of a model's outputs."""
        return self._labels.classes

    @property
    def skipped_files(self) -> tuple[tuple[str, str], ...]:
        """Every file that does not become a record, with the reason, sorted."""
        return self._skipped

    @property
    def notes(self) -> tuple[str, ...]:
        """Which labels were taken for one, and what else a reader of the report should know, in sentences."""
        return self._notes

    def __len__(self) -> int:
        return len(self._kept[0])

    def records(self, names: Collection[str] | None = None) -> Iterator[ImageRecord]:
        """Yields every image of the problem's classes, or those called `names`, in the order of the files."""
        yield from self._read(pair for pair in self._kept[0] if names is None or pair[0].name in names)
