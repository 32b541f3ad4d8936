"""Checkpoints in ZenML's artifact store, so that a step can go on on another machine."""

import logging
import posixpath
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from zenml.client import Client
from zenml.io import fileio

from medimage.training.checkpointing.checkpoint_store import CheckpointStore
from medimage.whole_file import write_whole

logger = logging.getLogger(__name__)

_FOLDER: Final = "checkpoints"

_MARK: Final = "finished-by-"
"""Begins the name of a file that says which run a training has come to its end in."""

_KEPT_DAYS: Final = 30
"""Checkpoints of a killed run that nobody went on with; on this machine's disk only."""

_FINISHED_DAYS: Final = 1
"""Those of a training that was over, in a run that was killed later: by then its model is stored, or it never is."""


@dataclass(frozen=True)
class StoredCheckpoints(CheckpointStore):
    """Keeps checkpoints below the root of an artifact store.

    A stage that is over has given its model to ZenML, which has yet to store it. So its checkpoints stay, with a mark,
    until the whole run is over.

    Attributes:
        root: Path or address of the folder in the artifact store.
        run: Name of the pipeline run.
    """

    root: str
    run: str

    def trainings(self) -> list[str]:
        """Returns the keys of all trainings that have checkpoints."""
        return [str(name) for name in fileio.listdir(self.root)] if fileio.exists(self.root) else []

    def names(self, key: str) -> list[str]:
        """Returns the names of all files of a training."""
        folder = self.place(key)
        return [str(name) for name in fileio.listdir(folder)] if fileio.exists(folder) else []

    def read(self, key: str, name: str) -> bytes:
        """Returns the content of a file."""
        with fileio.open(self._path(key, name), "rb") as file:
            return file.read()

    def write(self, key: str, name: str, content: bytes) -> None:
        """Writes a file: on a disk whole or not at all; object stores show none that was not written to its end."""
        fileio.makedirs(self.place(key))
        if _is_on_disk(self.root):
            write_whole(Path(self._path(key, name)), content)
            return
        with fileio.open(self._path(key, name), "wb") as file:
            file.write(content)

    def remove(self, key: str, name: str) -> None:
        """Removes a file."""
        fileio.remove(self._path(key, name))

    def finish(self, key: str) -> None:
        """Marks a training as over, where it left checkpoints."""
        if self.names(key):
            self.write(key, f"{_MARK}{self.run}", b"")

    def place(self, key: str) -> str:
        """Returns where the files of a training are."""
        return posixpath.join(self.root, key)

    def _path(self, key: str, name: str) -> str:
        return posixpath.join(self.root, key, name)


def open_checkpoints(run: str) -> StoredCheckpoints:
    """Returns the checkpoints in the artifact store of the active stack.

    Args:
        run: Name of the pipeline run.
    """
    return StoredCheckpoints(root=posixpath.join(Client().active_stack.artifact_store.path, _FOLDER), run=run)


def remove_finished_checkpoints(store: StoredCheckpoints) -> None:
    """Removes the checkpoints of trainings that came to their end in a run that is over: their models are stored.

    What killed runs left and nobody has gone on with goes as well, in time.

    Args:
        store: The checkpoints, opened for the run.
    """
    try:
        for key in store.trainings():
            marks = [name for name in store.names(key) if name.startswith(_MARK)]
            days = _FINISHED_DAYS if marks else _KEPT_DAYS
            if f"{_MARK}{store.run}" in marks or _is_older(store.place(key), days=days):
                fileio.rmtree(store.place(key))
    except Exception as error:  # Stores fail in many ways; the run is over and well.
        logger.warning("Checkpoints of finished trainings in %s cannot be removed: %s", store.root, error)


def _is_older(folder: str, *, days: int) -> bool:
    return _is_on_disk(folder) and time.time() - Path(folder).stat().st_mtime > days * 24 * 3600


def _is_on_disk(path: str) -> bool:
    return "://" not in path
