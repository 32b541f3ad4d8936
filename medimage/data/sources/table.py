"""A CSV with one row per image, and folders with the images, as HAM10000 ships."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from medimage.config.data import DataConfig
from medimage.data.image_record import ImageRecord
from medimage.data.sources.files_below import Listing, list_images, read_whole
from medimage.data.sources.labels import LabelMap
from medimage.data.sources.missing_groups import note_on_missing_groups
from medimage.data.sources.skipped import LeftOnPurpose
from medimage.data.sources.table_rows import TableImage, TableRows, find_table, image_folders, read_table


@dataclass(frozen=True)
class TableSource:
    """Images that a table describes.

    Attributes:
        root: The folder that holds the table and the images.
        config: The data section of the run's configuration.
    """

    root: Path
    config: DataConfig

    @cached_property
    def _path(self) -> Path:
        return find_table(self.root, self.config.table)

    @cached_property
    def _listing(self) -> Listing:
        described = {}
        if self._path.is_relative_to(self.root):
            described = {self._path.relative_to(self.root).as_posix(): "read as the table"}
        return list_images(self.root, described=described)

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
        return read_table(self._path, self.config.table, images=self._usable[0])

    @cached_property
    def _labels(self) -> LabelMap:
        return LabelMap.build(
            classes=self.config.classes,
            labels=self.config.spellings,
            left_out=self.config.names_left_out,
            found={image.found_label for image in self._rows.images},
        )

    @cached_property
    def _kept(self) -> tuple[tuple[tuple[TableImage, str], ...], tuple[tuple[str, str], ...]]:
        """Images with their class, and those of ignored labels with that reason."""
        return self._labels.divide(
            self._rows.images,
            place=lambda image: f"The table {self._path}, line {image.line} ({image.name})",
            where=f"in the table {self._path}",
        )

    @cached_property
    def _skipped(self) -> tuple[tuple[str, str], ...]:
        usable, elsewhere = self._usable
        rows = {image.name for image in self._rows.images}
        skipped = [*self._listing.skipped, *self._kept[1]]
        skipped += [(name, f"{LeftOnPurpose.NO_ROW} {self._path.name}") for name in usable if name not in rows]
        skipped += [(name, LeftOnPurpose.FOLDER.value) for name in elsewhere]
        skipped += [
            (name, f"{LeftOnPurpose.NO_FILE}: line {line} of {self._path.name}") for name, line in self._rows.absent
        ]
        return tuple(sorted(skipped))

    @property
    def skipped_files(self) -> tuple[tuple[str, str], ...]:
        """Files that are no images, have no row or an ignored label, and rows without an image, with the reason."""
        return self._skipped

    @property
    def files_found(self) -> int:
        """How many files lie below the folder, and how many images the table names besides."""
        return self._listing.files_found + len(self._rows.absent)

    @cached_property
    def _notes(self) -> tuple[str, ...]:
        column = self.config.table.group_column
        groups = [] if column is None else [image.group for image, _ in self._kept[0]]
        return (*self._labels.notes, *note_on_missing_groups(groups, where=f"{column!r} in {self._path.name}"))

    @property
    def notes(self) -> tuple[str, ...]:
        """Which labels were taken for one, and how many images have no group, in sentences."""
        return self._notes

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names in the order of a model's outputs."""
        return self._labels.classes

    def __len__(self) -> int:
        return len(self._kept[0])

    def records(self, names: Collection[str] | None = None) -> Iterator[ImageRecord]:
        """Yields every image of the problem's classes, or those called `names`, in the order of their names."""
        for image, label in self._kept[0]:
            if names is not None and image.name not in names:
                continue
            yield ImageRecord(
                name=image.name,
                encoded=read_whole(self.root / image.name),
                label=label,
                group=image.group,
                origin=image.origin,
                given_split=image.split,
            )
