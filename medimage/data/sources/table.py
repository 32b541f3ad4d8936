"""A CSV with one row per image, and folders with the images, as HAM10000 ships."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from medimage.data.image_record import ImageRecord
from medimage.data.sources.file_reading import read_whole
from medimage.data.sources.file_source import FileSource, NamesAndReasons
from medimage.data.sources.files_below import Listing, list_images
from medimage.data.sources.missing_groups import notes_on_groups
from medimage.data.sources.skipped import LeftOnPurpose
from medimage.data.sources.table_rows import TableImage, TableRows, find_table, image_folders, read_table


@dataclass(frozen=True)
class TableSource(FileSource[TableImage]):
    """Images that a table describes.

    Attributes:
        root: The folder that holds the table and the images.
        config: The data section of the run's configuration.
    """

    @property
    def files_found(self) -> int:
        """How many files lie below the folder, and how many images the table names besides."""
        return self._listing.files_found + len(self._rows.absent)

    @cached_property
    def _path(self) -> Path:
        return find_table(self.root, self.config.table)

    @cached_property
    def _listing(self) -> Listing:
        described = {}
        if self._path.is_relative_to(self.root):
            described = {self._path.relative_to(self.root).as_posix(): "read as the table"}
        return list_images(self.root, described=described, all_wanted=False)

    @cached_property
    def _usable(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Names of images that rows can mean, and of those in other folders."""
        folders = image_folders(self.root, self.config.table)
        usable, elsewhere = [], []
        for name in self._listing.images:
            (usable if name.startswith(folders) else elsewhere).append(name)
        return tuple(usable), tuple(elsewhere)

    @cached_property
    def _rows(self) -> TableRows:
        return read_table(self._path, self.config.table, images=self._usable[0], metadata=self.config.metadata_columns)

    def _find_files(self) -> tuple[tuple[TableImage, ...], NamesAndReasons]:
        usable, elsewhere = self._usable
        rows = {image.name for image in self._rows.images}
        skipped = [*self._listing.skipped]
        skipped += [(name, f"{LeftOnPurpose.NO_ROW} {self._path.name}") for name in usable if name not in rows]
        skipped += [(name, LeftOnPurpose.FOLDER.value) for name in elsewhere]
        skipped += [
            (name, f"{LeftOnPurpose.NO_FILE}: line {line} of {self._path.name}") for name, line in self._rows.absent
        ]
        return self._rows.images, skipped

    def _names_found(self) -> Iterable[str]:
        # A class of which no image is there must be told, and not be gone.
        return {*super()._names_found(), *self._rows.absent_labels}

    def _place(self, file: TableImage) -> str:
        return f"The table {self._path}, line {file.line} ({file.name})"

    def _where(self) -> str:
        return f"in the table {self._path}"

    def _written_metadata(self, file: TableImage) -> Sequence[str]:
        return file.metadata

    def _where_metadata_stand(self) -> str:
        return self._path.name

    def _notes_on(self, files: Sequence[tuple[TableImage, str]]) -> Iterable[str]:
        column = self.config.table.group_column
        groups = [] if column is None else [image.group for image, _ in files]
        return notes_on_groups(groups, where=f"{column!r} in {self._path.name}")

    def _read(self, files: Iterable[tuple[TableImage, str]]) -> Iterator[ImageRecord]:
        for image, label in files:
            yield ImageRecord(
                name=image.name,
                encoded=read_whole(self.root / image.name),
                label=label,
                group=image.group,
                origin=image.origin,
                given_split=image.split,
                metadata=self._metadata.by_image[image.name],
            )
