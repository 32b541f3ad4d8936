"""Files that are written whole or not at all."""

import os
import secrets
from pathlib import Path

from medimage.errors import StorageError

_ALL_MAY, _OWNER_MAY = 0o666, 0o600
"""What a new file lets others do, less what the mask of the process takes away."""


def write_whole(path: Path, content: bytes, *, private: bool = False) -> None:
    """Writes a file so that a reader, and a machine that loses its power, has the old one or the new one.

    Args:
        path: The file; it is replaced where it is there. Its folder must be.
        content: All of it.
        private: Whether its owner alone may read and write it, also where others could read the old one.

    Raises:
        StorageError: If the system does not let it. What was there before is there still.
    """
    # The target of a link is what is meant, and a device is no file that something else could take the place of.
    path = path.resolve()
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        if path.exists() and not path.is_file():
            raise StorageError(f"{path} cannot be written: it is there and is no regular file. Name another file.")
        try:
            # Made with its mode, so that there is no moment at which others could read it.
            number = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_MAY if private else _ALL_MAY)
            with os.fdopen(number, "wb") as file:
                file.write(content)
                file.flush()
                # Without it, some file systems give a file its new name before its content.
                os.fsync(file.fileno())
            partial.replace(path)
        finally:
            # Gone already where all went well.
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(
            f"{path.absolute()} cannot be written: {error.strerror}. Make it and its folder writable, free some "
            "space, or name another file."
        ) from error
