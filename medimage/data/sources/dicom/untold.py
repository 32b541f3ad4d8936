"""What to call a file of DICOM data of which not even the header could be read: its path may name a patient."""

import shlex
from pathlib import Path


def untold(root: Path, path: Path) -> str:
    """Returns words for a file or folder by which its owner finds it, and nobody else learns its path.

    Args:
        root: The folder of the data.
        path: Where it lies below that.
    """
    words = f"a file or folder below {root.absolute()}, whose path may name a patient"
    try:
        number = path.lstat().st_ino
    except OSError:
        # The folder around it cannot be searched; that it cannot be read is what is being told.
        return words
    return f"{words} (find {shlex.quote(str(root.absolute()))} -inum {number} shows it)"
