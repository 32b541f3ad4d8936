"""Evidence as a file: written whole, read strictly."""

import stat
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from medimage.evidence.canonical_json import MOST_BYTES, canonical_bytes, read_canonical
from medimage.evidence.errors import EvidenceError
from medimage.evidence.manifest import EVIDENCE_FILE, Evidence
from medimage.evidence.signature import Signature, is_valid, sign
from medimage.whole_file import write_whole


@dataclass(frozen=True, kw_only=True)
class SignedEvidence:
    """Evidence with its signature.

    Attributes:
        evidence: What it says.
        signature: By whom; None where nobody signed it.
    """

    evidence: Evidence
    signature: Signature | None = None


def write_evidence(folder: Path, evidence: Evidence, *, key: Ed25519PrivateKey | None = None) -> Path:
    """Writes `evidence.json` into a run's folder and returns its path.

    Args:
        folder: The run's folder.
        evidence: What it says.
        key: Signs it, where there is one.

    Raises:
        StorageError: If it cannot be written.
    """
    values = evidence.to_dict()
    if key is not None:
        values = {**values, "signature": sign(values, key).to_dict()}
    path = folder / EVIDENCE_FILE
    write_whole(path, canonical_bytes(values))
    return path


def read_evidence(path: Path) -> SignedEvidence:
    """Reads evidence; what it says of files is not looked at.

    Args:
        path: The file.

    Raises:
        EvidenceError: If it is not there, cannot be read, was changed since it was written, is of another version, or
            its signature is not one of its content.
    """
    values = read_canonical(_content(path), name=str(path))
    unsigned = {name: value for name, value in values.items() if name != "signature"}
    evidence = Evidence.from_dict(unsigned)
    if "signature" not in values:
        return SignedEvidence(evidence=evidence)
    signature = Signature.from_dict(values["signature"])
    if not is_valid(signature, unsigned):
        raise EvidenceError(
            f"Expected the signature in {path} to be one of its content but it is not: the evidence or the signature "
            "was changed after it was signed."
        )
    return SignedEvidence(evidence=evidence, signature=signature)


def _content(path: Path) -> bytes:
    try:
        found = path.lstat()
        if not stat.S_ISREG(found.st_mode):
            raise EvidenceError(f"Expected the evidence of a run but {path.absolute()} is a link or no regular file.")
        if found.st_size > MOST_BYTES:
            raise EvidenceError(
                f"Expected evidence of at most {MOST_BYTES:,} bytes but {path.absolute()} has {found.st_size:,}."
            )
        return path.read_bytes()
    except FileNotFoundError as error:
        raise EvidenceError(
            f"Expected the evidence of a run but there is no file {path.absolute()}: it was removed, or the run ended "
            "before it was written."
        ) from error
    except OSError as error:
        raise EvidenceError(f"The evidence {path.absolute()} cannot be read: {error.strerror}.") from error
