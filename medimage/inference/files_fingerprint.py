"""Whether files are as they were, without reading them."""

import hashlib
from collections.abc import Sequence

from medimage.inference.image_file import ImageFile


def files_fingerprint(files: Sequence[ImageFile]) -> str:
    """Returns a hash that changes when a file is added, taken away, renamed or written.

    It is made of names, sizes and times of the last change. A file that is not there any more counts as such.

    Args:
        files: The files, in a fixed order.
    """
    digest = hashlib.sha256()
    for file in files:
        try:
            state = file.path.stat()
            told = f"{state.st_size} {state.st_mtime_ns}"
        except OSError:
            told = "not there"
        digest.update(f"{file.name}\0{told}\n".encode("utf-8", errors="surrogateescape"))
    return digest.hexdigest()
