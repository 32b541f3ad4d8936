"""Snapshots of the machine in a JSON file."""

import json
from pathlib import Path

from medimage.errors import StorageError
from medimage.hardware.concerns import concerns
from medimage.hardware.snapshot import HardwareSnapshot
from medimage.whole_file import write_whole

_END = b"\n]\n"


class Recording:
    """Writes snapshots as a JSON list. The file is whole after each of them, and grows by no more than that one.

    Args:
        path: The file; what it held before is replaced by the first snapshot.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._begun = False

    def add(self, snapshot: HardwareSnapshot) -> None:
        """Writes a snapshot, with what about it is worth a warning.

        Raises:
            StorageError: If the file cannot be written.
        """
        values = {**snapshot.to_dict(), "warnings": concerns(snapshot)}
        line = json.dumps(values, ensure_ascii=False).encode("utf-8", errors="backslashreplace")
        if not self._begun:
            write_whole(self._path, b"[\n" + line + _END)
            self._begun = True
            return
        try:
            with self._path.open("r+b", buffering=0) as file:
                file.seek(-len(_END), 2)
                # One write takes the place of the end, so that no reader finds a list without one.
                file.write(b",\n" + line + _END)
        except OSError as error:
            raise StorageError(f"{self._path.absolute()} cannot be written: {error.strerror}.") from error
