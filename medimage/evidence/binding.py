"""From the files of a run's folder to the evidence that binds them."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from medimage.evidence.bound_file import BoundFile, StoredFile
from medimage.evidence.evidence_file import write_evidence
from medimage.evidence.file_hash import NoRegularFileError, entries_below, hash_file
from medimage.evidence.manifest import EVIDENCE_FILE, Evidence, Fact

_KEPT_BY_TRACKERS: Final = ("wandb",)
"""Names of folders that a tracker changes after the run: `wandb sync` notes there what it has sent."""


def bind_folder(
    folder: Path,
    *,
    roles: Mapping[str, str],
    claims: Mapping[str, Fact],
    packages: Mapping[str, str],
    circumstances: Mapping[str, Fact],
    elsewhere: Sequence[StoredFile] = (),
    key: Ed25519PrivateKey | None = None,
) -> Path:
    """Writes `evidence.json`, which names every file of a run's folder.

    Args:
        folder: The run's folder, with everything in it that the run leaves there.
        roles: File → what it is, for each document of the run; all other files are logs of trackers.
        claims: What was trained and judged, with which outcome.
        packages: Versions of packages.
        circumstances: Which run it was, when and where.
        elsewhere: What the run left in the artifact store.
        key: Signs it, where there is one.

    Returns:
        The evidence.

    Raises:
        FileNotFoundError: If a document is not there.
        StorageError: If the evidence cannot be written.
        OSError: If a file cannot be read.
    """
    unbound = tuple(sorted(set(_folders_of_trackers(folder))))
    others = [
        name
        for name in entries_below(folder)
        if name not in roles
        and name != EVIDENCE_FILE
        and not any(name.startswith(f"{tracker}/") for tracker in unbound)
        # Links may lead anywhere, and are nothing to vouch for.
        and _is_regular(folder / name)
    ]
    evidence = Evidence(
        claims=claims,
        packages=packages,
        files=tuple(_bind(folder, name, role) for name, role in roles.items()),
        elsewhere=tuple(elsewhere),
        circumstances=circumstances,
        logs=tuple(_bind(folder, name, "log") for name in others),
        unbound=unbound,
    )
    return write_evidence(folder, evidence, key=key)


def _bind(folder: Path, name: str, role: str) -> BoundFile:
    sha256, size = hash_file(folder / name)
    return BoundFile(name=name, role=role, size=size, sha256=sha256)


def _folders_of_trackers(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        if path.name in _KEPT_BY_TRACKERS and path.is_dir() and not path.is_symlink():
            yield path.relative_to(folder).as_posix()


def _is_regular(path: Path) -> bool:
    try:
        hash_file(path)
    except NoRegularFileError:
        return False
    return True
