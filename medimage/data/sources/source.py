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
        """Files that are no images, with the reason."""
        ...

    def __len__(self) -> int:
        """Returns the number of records."""
        ...

    def records(self, names: Collection[str] | None = None) -> Iterator[ImageRecord]:
        """Yields every image file, or only those called `names`, one at a time."""
        ...
