"""Reading a file whole, and why that cannot be done."""

import stat
from pathlib import Path

from medimage.data.sources.file_names import written_name
from medimage.data.sources.skipped import cannot_be_used
from medimage.errors import DataError

MAXIMUM_FILE_BYTES = 512 * 2**20
"""The largest file that is read. Each is read whole, and storing it takes up to eight times its size in memory; and a
row group of the stored images, which holds up to `SHARD_BYTES` besides, must stay below the 2 GiB that Arrow allows."""


def why_no_file(path: Path) -> str | None:
    """Returns why a file cannot be read whole, or None where it can: it could have no end, or be too large for memory.

    What is not there, such as the target of a link, is left to be told by who reads it.
    """
    try:
        state = path.stat()
    except OSError:
        return None
    if not stat.S_ISREG(state.st_mode):
        return cannot_be_used("a pipe, socket or device, which is no file")
    if state.st_size > MAXIMUM_FILE_BYTES:
        return cannot_be_used(
            f"a file of {state.st_size / 2**20:,.0f} MiB, more than the {MAXIMUM_FILE_BYTES // 2**20} MiB that a file "
            "may have"
        )
    return None


def read_whole(path: Path, *, told: str | None = None) -> bytes:
    """Returns a file's bytes.

    Args:
        path: The file.
        told: What a message calls it, where its path must not be told.

    Raises:
        DataError: If it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        # The system's own error has the path, and would stand in logs.
        raise unreadable(told or path, error) from None


def unreadable(path: str | Path, error: OSError) -> DataError:
    """Returns the error that tells which file or folder cannot be read, and why."""
    return DataError(
        f"Expected to read {written_name(str(path))} but the system says: {error.strerror}. Permit it, restore the "
        "target where it is a symbolic link, or take it away."
    )
