"""Finding the image that a table means: by its path, the end of its path, or its name without the suffix."""

from collections.abc import Iterable
from pathlib import PurePosixPath

from medimage.data.sources.files_below import comparable_name
from medimage.errors import DataError


class ImageIndex:
    """Image files by what a table may call them.

    HAM10000 lists `ISIC_0024306` for `HAM10000_images_part_1/ISIC_0024306.jpg`, other data sets the file name, others
    the path.
    """

    def __init__(self, names: Iterable[str]) -> None:
        """Indexes the files called `names`: paths below the folder of the data, with forward slashes."""
        self._by_file: dict[str, list[str]] = {}
        self._by_stem: dict[str, list[str]] = {}
        for name in names:
            file = PurePosixPath(comparable_name(name))
            self._by_file.setdefault(file.name, []).append(name)
            self._by_stem.setdefault(file.stem, []).append(name)

    def find(self, written: str, *, where: str) -> str | None:
        """Returns the name of the one file that is meant, or None where there is none.

        Args:
            written: Path, end of a path or file name, each with or without the suffix.
            where: The table and the line, as a message begins, such as `The table t.csv names in line 3`.

        Raises:
            DataError: If several files can be meant.
        """
        wanted = comparable_name(written)
        folder, _, last = wanted.rpartition("/")
        for known in (self._by_file, self._by_stem):
            found = [name for name in known.get(last, ()) if _ends_in(name, folder)]
            exact = [name for name in found if comparable_name(name) == wanted]
            if len(exact) == 1 or len(found) == 1:
                return (exact or found)[0]
            if found:
                raise DataError(
                    f"{where} {written!r}, which may be any of {len(found)} files: {', '.join(map(repr, found[:5]))}"
                    f"{', …' if len(found) > 5 else ''}. Name the folders to take images from with data.table.images, "
                    "or write paths with suffixes into the table."
                )
        return None


def _ends_in(name: str, folder: str) -> bool:
    """Whether the folders of a file end in `folder`, whole names compared."""
    return not folder or f"/{comparable_name(name)}".rpartition("/")[0].endswith(f"/{folder}")
