"""Large files of an artifact: linked in place where the store is local, fetched once where it is not."""

import contextlib
import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from zenml.artifact_stores import BaseArtifactStore

from medimage.data.shards import Shards
from medimage.last_use import mark_used
from medimage.workspace import workspace


@dataclass(frozen=True)
class ArtifactShards:
    """Files below an artifact's address in an artifact store.

    Attributes:
        uri: The artifact's address.
        store: The store it lies in.
    """

    uri: str
    store: BaseArtifactStore

    def local_path(self, name: str) -> Path:
        """Returns a local path of the file; the one local copy of a remote file is kept for later readers."""
        address = os.path.join(self.uri, name)  # noqa: PTH118
        if Path(self.uri).is_dir():
            return Path(address)
        copy = workspace() / "fetched" / hashlib.sha256(self.uri.encode()).hexdigest()[:16] / name
        if not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            partial = copy.with_name(f"{name}.{os.getpid()}.partial")
            with self.store.open(address, "rb") as source, partial.open("wb") as target:
                shutil.copyfileobj(source, target)
            partial.rename(copy)
        mark_used(copy.parent)
        return copy


def store_shard(shards: Shards, name: str, *, uri: str, store: BaseArtifactStore) -> None:
    """Puts one file into the artifact store: as a hard link where both lie on one disk, as a copy elsewhere."""
    source = shards.local_path(name)
    address = os.path.join(uri, name)  # noqa: PTH118
    if Path(uri).is_dir():
        # Writing through a link that is there already would empty the file that it leads to.
        Path(address).unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            # Links do not reach across disks, and some file systems have none: then the copy below does it.
            os.link(source, address)
            return
    with source.open("rb") as reading, store.open(address, "wb") as writing:
        shutil.copyfileobj(reading, writing)
