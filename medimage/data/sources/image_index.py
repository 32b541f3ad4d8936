"""Finding the image that a table means: by its path, the end of its path, or either without the suffix."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Self

from medimage.data.sources.file_names import comparable_name
from medimage.errors import DataError
from medimage.wording import listed

_AFTER_A_SLASH = chr(ord("/") + 1)
_SHOWN = 5
"""Names in a message."""


class ImageIndex:
    """Image files by what a table may call them.

    HAM10000 lists `ISIC_0024306` for `HAM10000_images_part_1/ISIC_0024306.jpg`, other data sets the file name, others
    the path.
    """

    def __init__(self, names: Iterable[str]) -> None:
        """Indexes the files called `names`: paths below the folder of the data, with forward slashes."""
        paths = [(PurePosixPath(comparable_name(name)), name) for name in names]
        self._with_suffix = _PathEnds.of((str(path), name) for path, name in paths)
        self._without_suffix = _PathEnds.of((str(path).removesuffix(path.suffix), name) for path, name in paths)

    def find(self, written: str, *, where: str) -> str | None:
        """Returns the name of the one file that is meant, or None where there is none.

        A path with its suffix wins over one without, and a whole path over the end of another; among several that are
        left, the one that is written exactly so over those that differ in how accents are composed. Names of files and
        folders are compared whole.

        Args:
            written: Path, end of a path or file name, each with or without the suffix.
            where: The table and the line, as a message begins, such as `The table t.csv names in line 3`.

        Raises:
            DataError: If several files can be meant.
        """
        wanted = comparable_name(written)
        for known in (self._with_suffix, self._without_suffix):
            found = known.ending_in(wanted)
            if len(found) > 1:
                found = [name for name in found if _is_exactly(name, written)] or found
            if len(found) > 1:
                # Escaped, because names that are composed in two ways look alike.
                raise DataError(
                    f"{where} {written!r}, which may be any of {len(found)} files: "
                    f"{listed([ascii(name) for name in sorted(found)], most=_SHOWN)}. Name the folders to take images "
                    "from with data.table.images, or write paths with suffixes into the table, exactly as the files "
                    "are called."
                )
            if found:
                return found[0]
        return None


@dataclass(frozen=True)
class _PathEnds:
    """Paths sorted from their ends, so that those that end alike are neighbours and are found without a search.

    A list for each file name would not do: some data sets call every image alike and tell them by their folders.

    Attributes:
        ends: Each path with its parts in reverse, a slash behind each.
        names: The file of each.
    """

    ends: list[str]
    names: list[str]

    @classmethod
    def of(cls, paths: Iterable[tuple[str, str]]) -> Self:
        """Sorts pairs of a path and the file that it is."""
        ordered = sorted((_from_the_end(path), name) for path, name in paths)
        return cls([end for end, _ in ordered], [name for _, name in ordered])

    def ending_in(self, path: str) -> list[str]:
        """Returns the files whose path is this one, or, where there is none, those whose path ends in it."""
        folders, _, file = path.rpartition("/")
        end = _from_the_end(path if folders else file)
        first = bisect_left(self.ends, end)
        behind = bisect_right(self.ends, end, lo=first)
        if behind == first:
            behind = bisect_left(self.ends, end[:-1] + _AFTER_A_SLASH, lo=first)
        return self.names[first:behind]


def _is_exactly(name: str, written: str) -> bool:
    """Returns whether a file is called as is written, or ends so, with or without its suffix."""
    path = PurePosixPath(name)
    end = "/" + written.replace("\\", "/").removeprefix("./")
    return f"/{name}".endswith(end) or f"/{str(path).removesuffix(path.suffix)}".endswith(end)


def _from_the_end(path: str) -> str:
    return "/".join(reversed(path.split("/"))) + "/"
