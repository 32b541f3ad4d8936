"""The checkpoints of one stage of training: the last two, of which the newest whole one counts."""

import hashlib
import json
import logging
import re
from collections.abc import Mapping
from typing import Any, Final

from medimage.errors import MedimageError
from medimage.training.checkpointing.checkpoint import Checkpoint, DamagedCheckpointError
from medimage.training.checkpointing.checkpoint_store import CheckpointStore
from medimage.training.checkpointing.differences import told_differences

logger = logging.getLogger(__name__)

_NAME: Final = re.compile(r"epoch-(?P<epoch>\d+)-(?P<hash>[0-9a-f]{64})\.safetensors")

_KEPT: Final = 2
"""If the newest is damaged, the one before it is taken."""


def identity_key(identity: Mapping[str, Any]) -> str:
    """Returns the key that checkpoints of a training are kept under: equal for equal identities only."""
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:32]


class Checkpoints:
    """Writes and finds the checkpoints of one stage of training.

    A store that does not play along is one warning: training goes on, and the next checkpoint is tried again. A file is
    trusted only if its content has the SHA-256 that its name says, and the identity that it was written for is that of
    this training.
    """

    def __init__(self, store: CheckpointStore | None, *, identity: Mapping[str, Any], writes: bool = True) -> None:
        """Opens the checkpoints of a training.

        Args:
            store: Where they are kept; `None` keeps none.
            identity: All that decides the result of the training, ready for JSON.
            writes: Whether this process writes; of several that train together one does.
        """
        self._writes = writes
        self._store = store
        # As it comes back from a file: tuples have become lists.
        self._identity: dict[str, Any] = json.loads(json.dumps(identity))
        self._key = identity_key(self._identity)
        self._unused: set[str] = set()
        self._is_failing = False

    def newest(self) -> Checkpoint | None:
        """Returns the newest checkpoint that is whole, and removes what a killed process left half written."""
        if self._store is None:
            return None
        try:
            names = self._store.names(self._key)
        except Exception as error:  # Files and services fail in many ways; none may end a training.
            logger.warning(
                "Checkpoints in %s cannot be looked for, so training begins anew. %s",
                self._store.place(self._key),
                _reason(error),
            )
            return None
        if self._writes:
            self._remove_half_written(self._store, names)
        for name in _newest_first(names):
            checkpoint = self._read(self._store, name)
            if checkpoint is not None:
                return checkpoint
        return None

    def save(self, checkpoint: Checkpoint) -> None:
        """Writes a checkpoint, then removes all but the last two that can be used.

        Where that fails, the next one is tried again: a disk may have room by then, a service may be back.
        """
        if self._store is None or not self._writes:
            return
        try:
            content = checkpoint.pack(self._identity)
            written = f"epoch-{checkpoint.epoch:04d}-{hashlib.sha256(content).hexdigest()}.safetensors"
            self._store.write(self._key, written, content)
            self._unused.discard(written)
            self._remove_old(self._store)
        except Exception as error:  # As above.
            if not self._is_failing:
                logger.warning(
                    "Checkpoints in %s cannot be written. Training goes on, and the next epoch is tried again: if "
                    "training is killed before one is kept, it begins again with the last epoch that was kept before, "
                    "or with the first. %s",
                    self._store.place(self._key),
                    _reason(error),
                )
            self._is_failing = True
        else:
            self._is_failing = False

    def finish(self) -> None:
        """Says that the training has come to its end."""
        if self._store is None or not self._writes:
            return
        try:
            self._store.finish(self._key)
        except Exception as error:  # As above.
            logger.warning(
                "Checkpoints in %s cannot be removed and are not needed any more. %s",
                self._store.place(self._key),
                _reason(error),
            )

    def _remove_half_written(self, store: CheckpointStore, names: list[str]) -> None:
        try:
            for name in (name for name in names if _NAME.fullmatch(name) is None):
                store.remove(self._key, name)
        except Exception as error:  # As above.
            logger.warning(
                "What was left half written in %s cannot be removed. %s", store.place(self._key), _reason(error)
            )

    def _remove_old(self, store: CheckpointStore) -> None:
        names = _newest_first(store.names(self._key))
        # One that cannot be used must not take the place of one that can.
        kept = [name for name in names if name not in self._unused][:_KEPT]
        for name in (name for name in names if name not in kept):
            store.remove(self._key, name)

    def _read(self, store: CheckpointStore, name: str) -> Checkpoint | None:
        try:
            content = store.read(self._key, name)
        except Exception as error:  # As above.
            return self._refuse(store, name, f"it cannot be read: {_reason(error)}")
        match = _NAME.fullmatch(name)
        if match is None or hashlib.sha256(content).hexdigest() != match["hash"]:
            return self._refuse(store, name, "it is damaged: its content does not have the SHA-256 that its name says")
        try:
            checkpoint, identity = Checkpoint.unpack(content)
        except DamagedCheckpointError as error:
            return self._refuse(store, name, str(error))
        if identity != self._identity:
            return self._refuse(
                store, name, f"it belongs to another training: {told_differences(identity, self._identity)}"
            )
        return checkpoint

    def _refuse(self, store: CheckpointStore, name: str, reason: str) -> None:
        self._unused.add(name)
        logger.warning(
            "The checkpoint %s in %s is not used: %s. Training goes on from the one before it, or else begins anew.",
            name,
            store.place(self._key),
            reason,
        )


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, MedimageError) else f"{type(error).__name__}: {error}"


def _newest_first(names: list[str]) -> list[str]:
    """Returns the names of checkpoints, by falling epoch."""
    found = [(int(match["epoch"]), name) for name in names if (match := _NAME.fullmatch(name))]
    return [name for _, name in sorted(found, reverse=True)]
