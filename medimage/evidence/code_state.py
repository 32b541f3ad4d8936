"""Which code a run was made by: every source file by its hash, and the commit where there is one."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from medimage.evidence.canonical_json import canonical_bytes, read_canonical
from medimage.evidence.check import Check, Result
from medimage.evidence.errors import EvidenceError
from medimage.evidence.file_hash import hash_file
from medimage.evidence.manifest import Evidence
from medimage.wording import listed
from medimage.workspace import project_root

CODE_FILE: Final = "code.json"

PACKAGES: Final = ("materializers", "medimage", "pipelines", "steps")
"""First-party packages."""

_GIT_SECONDS: Final = 20.0
_TOLD: Final = 5


@dataclass(frozen=True, kw_only=True)
class Commit:
    """What git says of the code.

    Attributes:
        sha: The commit; None where there is none.
        is_clean: Whether no source file differs from it; None where there is none.
        reason: Why there is none; empty where there is one.
    """

    sha: str | None
    is_clean: bool | None
    reason: str = ""

    def __post_init__(self) -> None:
        if (self.sha is None) != bool(self.reason) or (self.sha is None) != (self.is_clean is None):
            raise ValueError(f"Expected a commit, or a reason why there is none, but got {self}")


def source_files(root: Path) -> dict[str, str]:
    """Returns every file of the first-party packages, as path below the root → SHA-256, sorted.

    What Python makes of them, and hidden files, are none.

    Args:
        root: Folder that holds the packages.

    Raises:
        OSError: If one cannot be read.
    """
    names = sorted(name for package in PACKAGES for name in _files_of(root / package, package))
    return {name: hash_file(root / name)[0] for name in names}


def code_sha256(files: Mapping[str, str]) -> str:
    """Returns the SHA-256 that stands for all source files."""
    return hashlib.sha256(canonical_bytes(dict(files))).hexdigest()


def current_commit(root: Path | None = None) -> Commit:
    """Returns the commit of the code that runs.

    Args:
        root: Folder that holds the packages; that of this process when not given.
    """
    root = root or project_root()
    git = shutil.which("git")
    if git is None:
        return Commit(sha=None, is_clean=None, reason="git is not installed")
    # A package that was installed into an environment may lie in somebody else's repository, which does not track it.
    tracked = _ask(git, root, "ls-files", "--error-unmatch", "--", "medimage/__init__.py")
    sha = _ask(git, root, "rev-parse", "HEAD") if tracked is not None else None
    changed = _ask(git, root, "status", "--porcelain", "--", *PACKAGES) if sha is not None else None
    if sha is None or changed is None:
        return Commit(sha=None, is_clean=None, reason="the code does not lie in a git repository that holds it")
    return Commit(sha=sha.strip(), is_clean=not changed.strip())


def compare_code(folder: Path, evidence: Evidence, code: Path | None, *, intact: Set[str]) -> Iterator[Check]:
    """Yields whether a folder holds the code that the evidence names.

    Args:
        folder: The run's folder.
        evidence: What the run says.
        code: Folder that holds the packages; the code is not checked when not given.
        intact: Files of the run that are as they were written.
    """

    def told(result: Result, detail: str = "") -> Check:
        return Check(what="source files", role="code", result=result, detail=detail)

    if code is None:
        yield told(Result.NOT_CHECKED, "name the folder that holds the packages with --code FOLDER")
        return
    if CODE_FILE not in {file.name for file in evidence.files}:
        yield told(Result.MISSING, f"expected {CODE_FILE}, which lists them, but the evidence does not name it")
        return
    if CODE_FILE not in intact:
        yield told(Result.NOT_CHECKED, f"{CODE_FILE}, which lists them, is not the one that the run wrote")
        return
    try:
        # Who writes evidence of their own may bind any content.
        named = _listed_files(read_canonical((folder / CODE_FILE).read_bytes(), name=CODE_FILE))
    except EvidenceError as error:
        yield told(Result.UNREADABLE, str(error))
        return
    try:
        found = source_files(code)
    except OSError as error:
        # A link among the files is told in a sentence, without number and name.
        yield told(Result.UNREADABLE, f"{error.filename}: {error.strerror}" if error.strerror else str(error))
        return
    differing = sorted(name for name in named.keys() | found.keys() if named.get(name) != found.get(name))
    if not differing:
        yield told(Result.SAME, f"{len(found):,} files")
        return
    yield told(
        Result.DIFFERS,
        f"{len(differing):,} of {len(named.keys() | found.keys()):,} files differ: {listed(differing, most=_TOLD)}",
    )


def _listed_files(values: Mapping[str, Any]) -> dict[str, Any]:
    files = values.get("files")
    if not isinstance(files, dict):
        raise EvidenceError(f"Expected {CODE_FILE} to list source files but it holds the keys {sorted(values)}.")
    return dict(files)


def _files_of(folder: Path, name: str) -> Iterator[str]:
    if not folder.is_dir():
        return
    for entry in os.scandir(folder):
        if entry.name.startswith(".") or entry.name == "__pycache__" or entry.name.endswith(".pyc"):
            continue
        path = f"{name}/{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            yield from _files_of(Path(entry.path), path)
        else:
            yield path


def _ask(git: str, root: Path, *words: str) -> str | None:
    """Returns what git answers, or None where it has no answer."""
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}
    try:
        finished = subprocess.run(  # noqa: S603 - the words are ours
            [git, "-C", str(root), *words],
            env=environment,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_GIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return finished.stdout if finished.returncode == 0 else None
