"""The true classes of images in a folder, as a table states them."""

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from medimage.config.class_names import canonical_name
from medimage.data.sources.csv_header import Column
from medimage.data.sources.csv_rows import merge_duplicates, read_rows
from medimage.errors import DataError
from medimage.inference.image_file import ImageFile

_COLUMNS = (Column("file"), Column("label"))
_SHOWN = 3


def read_image_labels(table: Path, files: Sequence[ImageFile], *, classes: Sequence[str]) -> Mapping[str, str | None]:
    """Returns the true class of each file that the table names, by the file's name; None for none of the model's.

    Args:
        table: A CSV with the columns `file`, relative to the images' folder, and `label`. A class may be spelt in any
            case, with spaces, `-` or `_`.
        files: The images below the folder.
        classes: Classes of the model.

    Raises:
        DataError: If the table cannot be read, names a file twice with different classes, has no class for one, or
            names a file that is not below the folder.
    """
    what = f"The label table {table}"
    rows = merge_duplicates(read_rows(table, columns=_COLUMNS, kind="label table"), what=what)
    known = {canonical_name(name): name for name in classes}
    names = {file.name for file in files}
    found, missing = dict[str, str | None](), list[str]()
    for line, (name, label) in rows:
        if not label:
            raise DataError(f"{what} has no label in line {line}: state the class, or remove the row.")
        file = str(PurePosixPath(name.replace("\\", "/")))
        if file not in names:
            missing.append(file)
        said = known.get(canonical_name(label))
        if found.setdefault(file, said) != said:
            raise DataError(
                f"{what} names {file!r} twice, spelt in two ways, with different classes, the second time in line "
                f"{line}. Remove the row that is wrong."
            )
    if missing:
        shown = ", ".join(repr(name) for name in missing[:_SHOWN])
        raise DataError(
            f"{what} names files that are no images below the folder, {len(missing)} of {len(rows)}, such as {shown}. "
            "Names are relative to the folder that --images names."
        )
    return found
