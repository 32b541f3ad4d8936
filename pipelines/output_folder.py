"""The folder that a command writes its files into."""

from collections.abc import Sequence
from pathlib import Path

from medimage.config.file_checks import output_problem


def make_output_folder(folder: Path, *, files: Sequence[str], data: Path | None) -> list[str]:
    """Makes the folder of `--out` and returns what is wrong with it, if anything.

    Args:
        folder: The folder.
        files: Names of the files that will be written into it.
        data: Folder of the images, if they have one.
    """
    if data is not None and folder.resolve().is_relative_to(data.resolve()):
        # The next reading of the data would take what is written for files of theirs, a table source for its table.
        return [f"--out: expected a folder outside of the data but {folder.absolute()} lies in {data.absolute()}"]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        return [f"--out: expected a folder but {folder.absolute()} is a file"]
    except OSError as error:
        return [f"--out: cannot make the folder {folder.absolute()}: {error.strerror}"]
    problems = (output_problem(folder / name, option="--out") for name in files)
    return [problem for problem in problems if problem is not None][:1]
