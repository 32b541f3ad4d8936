"""Named files of an artifact, fetched only when they are read."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol, runtime_checkable

from medimage.workspace import owner_prefix, temporary_folders


@runtime_checkable
class Shards(Protocol):
    """Files that lie somewhere, near or far."""

    def local_path(self, name: str) -> Path:
        """Returns a local path of the file called `name`, fetching it first if it is far away."""
        ...


@dataclass(frozen=True)
class DirectoryShards:
    """Files in a local folder.

    Attributes:
        directory: The folder.
        owner: Keeps a temporary folder alive as long as somebody may read from it.
    """

    directory: Path
    owner: TemporaryDirectory[str] | None = None

    @classmethod
    def temporary(cls) -> "DirectoryShards":
        """Makes an empty folder in the workspace that vanishes together with the last object that refers to it."""
        owner = TemporaryDirectory(dir=temporary_folders(), prefix=owner_prefix())
        return cls(Path(owner.name), owner)

    def local_path(self, name: str) -> Path:
        """Returns the path of the file called `name`."""
        return self.directory / name
