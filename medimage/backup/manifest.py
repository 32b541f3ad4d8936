"""What a backup says of itself: whose it is, and the hash of every file in it."""

import datetime
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

FORMAT: Final = 1
"""Rises when an earlier version of the project could not restore a backup any more."""

MANIFEST_NAME: Final = "medimage-backup.json"
"""The last file of a backup: one that was cut off has none."""

FILES_FOLDER: Final = "workspace"
"""What the names of all other files begin with."""


@dataclass(frozen=True, kw_only=True)
class StoredFile:
    """A file in a backup.

    Attributes:
        size: In bytes.
        sha256: Of its content.
    """

    size: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a backup holds.

    Attributes:
        workspace: Where the workspace was; its databases name their files by whole paths.
        made: When, in UTC, as ISO 8601.
        version: Version of the project.
        packages: Versions of the packages whose databases are in it.
        artifacts: Whether the artifact store is in it.
        files: Each file by its path below the workspace, with `/`.
        left_out: What was not taken, with the reasons.
    """

    workspace: str
    made: str
    version: str
    packages: Mapping[str, str]
    artifacts: bool
    files: Mapping[str, StoredFile]
    left_out: tuple[str, ...] = ()

    def to_json(self) -> bytes:
        """Returns it as JSON."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1, sort_keys=True).encode()

    @classmethod
    def from_json(cls, content: bytes) -> Self:
        """Reads it.

        Raises:
            ValueError: If it is none, or that of a later version.
        """
        values = json.loads(content)
        if not isinstance(values, dict) or not isinstance(values.get("format"), int):
            raise ValueError("it says of no format")
        if values["format"] > FORMAT:
            raise ValueError(f"it has the format {values['format']} and this version knows up to {FORMAT}")
        try:
            return cls._from_values(values)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"it lacks {error}") from error

    @classmethod
    def _from_values(cls, values: dict[str, Any]) -> Self:
        datetime.datetime.fromisoformat(values["made"])
        return cls(
            workspace=str(values["workspace"]),
            made=values["made"],
            version=str(values["version"]),
            packages={str(name): str(version) for name, version in values["packages"].items()},
            artifacts=bool(values["artifacts"]),
            files={
                name: StoredFile(size=int(each["size"]), sha256=str(each["sha256"]))
                for name, each in values["files"].items()
            },
            left_out=tuple(map(str, values["left_out"])),
        )
