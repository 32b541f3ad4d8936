"""One file with what identifies it."""

import re
from dataclasses import asdict, dataclass
from typing import Any, Self

from medimage.evidence.file_name import require_file_name

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class BoundFile:
    """A file of the run's folder.

    Attributes:
        name: Its path in the folder, with forward slashes.
        role: What it is, such as `report`.
        size: Its size in bytes.
        sha256: SHA-256 of its content, in hexadecimal.
    """

    name: str
    role: str
    size: int
    sha256: str

    def __post_init__(self) -> None:
        require_file_name(self.name)
        _require_identity(self.role, self.size, self.sha256)

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Builds it from what `to_dict` gave; `TypeError` and `ValueError` where that is something else."""
        return cls(**values)


@dataclass(frozen=True, kw_only=True)
class StoredFile:
    """A file that the run left in the artifact store, because it is too large to lie there twice.

    Attributes:
        name: What it is called there.
        role: What it is, such as `weights`.
        size: Its size in bytes.
        sha256: SHA-256 of its content, in hexadecimal.
        place: Where it lies: a path below the workspace, or an address.
    """

    name: str
    role: str
    size: int
    sha256: str
    place: str

    def __post_init__(self) -> None:
        if not (isinstance(self.name, str) and isinstance(self.place, str) and self.name and self.place):
            raise ValueError(f"Expected a name and a place but got {self.name!r} and {self.place!r}")
        _require_identity(self.role, self.size, self.sha256)

    def to_dict(self) -> dict[str, Any]:
        """Returns JSON-ready values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Builds it from what `to_dict` gave; `TypeError` and `ValueError` where that is something else."""
        return cls(**values)


def is_sha256(value: object) -> bool:
    """Whether a value is a SHA-256 in hexadecimal, with small letters."""
    return isinstance(value, str) and _SHA256.fullmatch(value) is not None


def _require_identity(role: object, size: object, sha256: object) -> None:
    if not isinstance(role, str) or not role:
        raise ValueError(f"Expected a role but got {role!r}")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise ValueError(f"Expected a size in bytes but got {size!r}")
    if not is_sha256(sha256):
        raise ValueError(f"Expected a SHA-256 as 64 hexadecimal digits but got {sha256!r}")
