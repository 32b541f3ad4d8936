"""Whether the files of a run are those that its evidence names."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from medimage.evidence.bound_file import BoundFile, StoredFile
from medimage.evidence.check import Check, Result
from medimage.evidence.code_state import compare_code
from medimage.evidence.evidence_file import SignedEvidence, read_evidence
from medimage.evidence.file_hash import NoRegularFileError, entries_below, hash_file
from medimage.evidence.image_files import compare_images
from medimage.evidence.keys import fingerprint
from medimage.evidence.manifest import EVIDENCE_FILE, Evidence
from medimage.wording import shortened


@dataclass(frozen=True, kw_only=True)
class Verification:
    """Everything that was looked at.

    Attributes:
        evidence: What the evidence says.
        checks: What was found, one row each.
    """

    evidence: Evidence
    checks: tuple[Check, ...]

    @property
    def wrong(self) -> tuple[Check, ...]:
        """What speaks against the evidence."""
        return tuple(check for check in self.checks if check.is_wrong)

    @property
    def unchecked(self) -> tuple[Check, ...]:
        """What was not looked at."""
        return tuple(check for check in self.checks if check.result is Result.NOT_CHECKED)


def verify(
    path: Path,
    *,
    public_key: Ed25519PublicKey | None = None,
    images: Path | None = None,
    code: Path | None = None,
) -> Verification:
    """Works out every hash anew that the evidence of a run names.

    Args:
        path: The run's folder, or the `evidence.json` in it.
        public_key: The key that must have signed the evidence.
        images: Folder with the images that the run read.
        code: Folder with the packages of the code that the run is said to be of.

    Raises:
        EvidenceError: If the evidence itself is missing, was changed, or is of another version.
    """
    # Unlike that of `Path`, it is false where nobody may look, which reading then tells.
    file = path / EVIDENCE_FILE if os.path.isdir(path) else path  # noqa: PTH112
    folder = file.parent
    signed = read_evidence(file)
    evidence = signed.evidence
    checks = [
        Check(what=file.name, role="evidence", result=Result.SAME, detail="its digest is that of its content"),
        _signature(signed, public_key),
        *(_compare(folder, bound) for bound in (*evidence.files, *evidence.logs)),
        *_strangers(folder, evidence, file.name),
        *(_stored(folder, stored) for stored in evidence.elsewhere),
    ]
    # Lists of a run are read only where they are the ones it wrote.
    intact = {check.what for check in checks if check.result is Result.SAME}
    checks += [
        *compare_images(folder, evidence, images, intact=intact),
        *compare_code(folder, evidence, code, intact=intact),
        Check(
            what="image table and split",
            role="data",
            result=Result.NOT_CHECKED,
            detail="their hashes cover groups and origins, which may name people and lie in the artifact store alone",
        ),
    ]
    return Verification(evidence=evidence, checks=tuple(checks))


def _signature(signed: SignedEvidence, trusted: Ed25519PublicKey | None) -> Check:
    def told(result: Result, detail: str) -> Check:
        return Check(what="signature", role="signature", result=result, detail=detail)

    if signed.signature is None:
        if trusted is None:
            return told(Result.NOT_CHECKED, "nobody signed it: whoever changes a file can write new evidence")
        return told(Result.MISSING, f"expected one by the key {fingerprint(trusted)} but nobody signed this evidence")
    own = signed.signature.key
    if trusted is None:
        return told(
            Result.NOT_CHECKED,
            f"it is whole, by a key that calls itself {fingerprint(own)}: whose it is shows --public-key FILE alone",
        )
    if own.public_bytes_raw() != trusted.public_bytes_raw():
        return told(
            Result.DIFFERS, f"expected one by the key {fingerprint(trusted)} but it is by the key {fingerprint(own)}"
        )
    return told(Result.SAME, f"by the key {fingerprint(trusted)}")


def _compare(folder: Path, bound: BoundFile) -> Check:
    def told(result: Result, detail: str = "") -> Check:
        return Check(what=bound.name, role=bound.role, result=result, detail=detail)

    # A folder on the way that is a link leads out, and its file is none of this folder.
    parents = [folder.joinpath(*Path(bound.name).parts[:depth]) for depth in range(1, len(Path(bound.name).parts))]
    try:
        if any(parent.is_symlink() for parent in parents):
            return told(Result.DIFFERS, "it lies behind a link, which may lead anywhere")
        sha256, size = hash_file(folder / bound.name)
    except NoRegularFileError:
        return told(Result.DIFFERS, "it is a link or no regular file")
    except (FileNotFoundError, NotADirectoryError):
        return told(Result.MISSING, f"expected {bound.size:,} bytes but there is no such file")
    except OSError as error:
        return told(Result.UNREADABLE, error.strerror or type(error).__name__)
    return told(*_difference(bound, sha256=sha256, size=size))


def _difference(bound: BoundFile | StoredFile, *, sha256: str, size: int) -> tuple[Result, str]:
    if size != bound.size:
        return Result.DIFFERS, f"expected {bound.size:,} bytes but it has {size:,}"
    if sha256 != bound.sha256:
        return Result.DIFFERS, f"expected SHA-256 {bound.sha256[:12]}… but it is {sha256[:12]}…"
    return Result.SAME, ""


def _strangers(folder: Path, evidence: Evidence, own_name: str) -> Iterator[Check]:
    """Yields what lies in the folder and is not named, and the folders that are left to trackers."""
    known = {file.name for file in (*evidence.files, *evidence.logs)} | {own_name}
    for name in sorted(evidence.unbound):
        detail = "a tracker changes what lies in it after the run, so it is not bound"
        yield Check(what=f"{name}/", role="tracker", result=Result.NOT_CHECKED, detail=detail)
    try:
        for name in entries_below(folder):
            if name not in known and not any(name.startswith(f"{unbound}/") for unbound in evidence.unbound):
                yield Check(what=name, role="", result=Result.ADDED, detail="the evidence does not name it")
    except OSError as error:
        where = str(error.filename or folder)
        yield Check(what=where, role="", result=Result.UNREADABLE, detail=error.strerror or type(error).__name__)


def _stored(folder: Path, stored: StoredFile) -> Check:
    """Looks at a file of the artifact store where the run's folder still lies in the workspace beside it."""

    def told(result: Result, detail: str = "") -> Check:
        where = f"in the artifact store, {shortened(stored.place)}"
        return Check(
            what=stored.name, role=stored.role, result=result, detail=f"{detail} ({where})" if detail else where
        )

    # The name too: whoever writes evidence may write one that leads to any file, whose hash would then be told.
    file = Path(stored.place, stored.name)
    if "://" in stored.place or file.is_absolute() or ".." in file.parts:
        return told(Result.NOT_CHECKED, "it lies in an artifact store elsewhere")
    # A run's folder is WORKSPACE/runs/RUN.
    try:
        sha256, size = hash_file(folder / os.pardir / os.pardir / file)
    except ValueError:
        return told(Result.UNREADABLE, "its name is none that a file can have")
    except NoRegularFileError:
        return told(Result.DIFFERS, "it is a link or no regular file")
    except (FileNotFoundError, NotADirectoryError):
        return told(Result.NOT_CHECKED, "it is not at hand: the folder left its workspace, or the store was emptied")
    except OSError as error:
        return told(Result.UNREADABLE, error.strerror or type(error).__name__)
    return told(*_difference(stored, sha256=sha256, size=size))
