"""What every source of images offers."""

from collections.abc import Collection, Iterator
from typing import Protocol

from medimage.data.image_record import ImageRecord


class ImageSource(Protocol):
    """A collection of labelled image files."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names in the order of a model's outputs."""
        ...

    @property
    def skipped_files(self) -> tuple[tuple[str, str], ...]:
        """Every file found that does not become a record, with the reason: its name and a sentence without a stop."""
        ...

    @property
    def files_found(self) -> int:
        """How many files the listing has counted, whatever became of them: records and skipped files together.

        It is counted where files are listed, and not computed from the two, so that a file that gets lost between
        listing and records is noticed.
        """
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the report should know about how the data were read, in sentences."""
        ...

    def __len__(self) -> int:
        """Returns the number of records."""
        ...

    def records(self, names: Collection[str] | None = None) -> Iterator[ImageRecord]:
        """Yields every image file, or only those called `names`, one at a time."""
        ...
