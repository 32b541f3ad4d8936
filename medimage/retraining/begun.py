"""Retrainings that have begun: a file for each, until its end stands in the history, also where it was killed."""

import logging
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from medimage.registry.version_reference import VersionReference
from medimage.retraining.history import retraining_file
from medimage.whole_file import write_whole
from medimage.workspace import workspace

logger = logging.getLogger(__name__)

_SUFFIX = ".begun.json"


class BegunRetraining(BaseModel):
    """A retraining whose end does not stand in the history yet.

    Attributes:
        run: ZenML's name of its run.
        champion: The version that was in use.
        code_sha256: SHA-256 of the code that it began with.
        stores_sha256: SHA-256 of where its run and its models are kept: others know nothing of it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    run: str
    champion: VersionReference
    code_sha256: str
    stores_sha256: str

    @property
    def file(self) -> Path:
        """Where it is noted."""
        return _file(self.champion.name, self.run)


def note_begun(begun: BegunRetraining) -> None:
    """Notes that a retraining begins.

    Raises:
        StorageError: If it cannot be written.
    """
    begun.file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(begun.file, begun.model_dump_json().encode() + b"\n")


def begun_retrainings() -> tuple[BegunRetraining, ...]:
    """Returns the retrainings of all models whose end does not stand in the history, also those under way."""
    found = []
    for file in sorted((workspace() / "retraining").glob(f"*{_SUFFIX}")):
        try:
            found.append(BegunRetraining.model_validate_json(file.read_bytes()))
        except FileNotFoundError:
            # It has come to its end in this moment.
            continue
        except (OSError, ValidationError) as error:
            logger.warning("Expected the note of a retraining in %s but it cannot be read: %s", file, error)
    return tuple(found)


def forget_begun(name: str, *, run: str) -> None:
    """Removes the note of a retraining whose end stands in the history, or that left nothing to be finished.

    Args:
        name: The registered model.
        run: ZenML's name of its run.
    """
    _file(name, run).unlink(missing_ok=True)


def _file(name: str, run: str) -> Path:
    return retraining_file(name, f".{run}{_SUFFIX}")
