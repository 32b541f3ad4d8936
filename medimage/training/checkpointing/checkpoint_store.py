"""Where checkpoints are kept."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from medimage.whole_file import write_whole


class CheckpointStore(Protocol):
    """Keeps files under the key of a training.

    What it raises where a disk or a service does not play along is told to the user; training goes on.
    """

    def names(self, key: str) -> list[str]:
        """Returns the names of all files of a training; none where it has none."""
        ...

    def read(self, key: str, name: str) -> bytes:
        """Returns the content of a file."""
        ...

    def write(self, key: str, name: str, content: bytes) -> None:
        """Writes a file; one that is written in part must not stay."""
        ...

    def remove(self, key: str, name: str) -> None:
        """Removes a file."""
        ...

    def finish(self, key: str) -> None:
        """Takes note that the training has come to its end, so that its files can go once its result is kept."""
        ...

    def place(self, key: str) -> str:
        """Returns where the files of a training are, for messages."""
        ...


@dataclass(frozen=True)
class CheckpointFolder(CheckpointStore):
    """Keeps checkpoints in a folder of this machine, one folder below it for each training.

    Attributes:
        root: The folder; made when the first file is written.
    """

    root: Path

    def names(self, key: str) -> list[str]:
        """Returns the names of all files of a training."""
        folder = self.root / key
        return [path.name for path in folder.iterdir()] if folder.is_dir() else []

    def read(self, key: str, name: str) -> bytes:
        """Returns the content of a file."""
        return (self.root / key / name).read_bytes()

    def write(self, key: str, name: str, content: bytes) -> None:
        """Writes a file whole or not at all."""
        (self.root / key).mkdir(parents=True, exist_ok=True)
        write_whole(self.root / key / name, content)

    def remove(self, key: str, name: str) -> None:
        """Removes a file."""
        (self.root / key / name).unlink(missing_ok=True)

    def finish(self, key: str) -> None:
        """Removes the training's folder: whoever called has the result."""
        shutil.rmtree(self.root / key, ignore_errors=True)

    def place(self, key: str) -> str:
        """Returns the training's folder."""
        return str(self.root / key)
